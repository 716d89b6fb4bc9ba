// What a graph assumes, as facts of its normal forms.
#pragma once

#include "compiler/normal_form/normal_form.h"

namespace tenet {

// Which values may become opaque, so that a fact holds of them: inputs, which have no form of their own to lose; or whatever an
// assumption is about.
enum class Subjects : std::uint8_t { inputs, all };

// Tells the forms, of which none was asked for yet, what the graph assumes:
//   v == e, where e does not depend on v      v has the form of e
//   sum[axes](v) == e, likewise; mean too     a fact about v, used wherever v alone varies with those axes
//   v > e, v >= e for e that is not negative  v is positive; for >= where e is positive
// A side may be on the left or on the right. Anything else tells them nothing. Whether something was told.
bool assume_facts(NormalForms& forms, Subjects subjects);

}  // namespace tenet
