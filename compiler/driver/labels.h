// Whether the labels that the data have are in proportion to the axes that they make.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "compiler/driver/session.h"

namespace tenet {

// An open axis that types data is as long as the largest label needs. One that is longer than 2^16, and of which fewer than one
// place in a thousand occurs, is more likely a mistake in the data, and is a failure that shows the label, unless `asked` has its
// size.
Outcome<void> check_labels(const Session& session, const std::map<std::string, std::int64_t>& asked);

}  // namespace tenet
