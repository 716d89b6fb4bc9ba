// The scalar that gradients are of.
#pragma once

#include <optional>
#include <string>

#include "compiler/driver/session.h"

namespace tenet {

struct Loss {
  std::string name;
  NodeId node;
  bool first_of_several = false;  // the file has other scalars that could have been meant
};

// The value named, or else the trained loss, or else the file's first scalar real definition that depends on parameters or data.
// Nothing if there is none.
std::optional<Loss> loss_of(const Session& session, const std::optional<std::string>& name);

}  // namespace tenet
