// A fingerprint of what a program means, for telling whether weights and runs belong to it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "compiler/elaborate/program.h"

namespace tenet {

// Of the network alone: 16 hexadecimal digits over the structure of the loss, the names of axes and
// inputs; not sizes, definitions' names, comments, layout or the recipe.
std::string network_fingerprint(const Program& program);

// Of the network and of everything in the recipe that a step's numbers depend on (rate, momentum, batch, order, splits, initial
// values; not how many steps): "<network>-<16 digits>".
std::string run_fingerprint(const Program& program);

}  // namespace tenet
