// The law table by algebra family. Order matters only for speed: any law may be tried first.
#pragma once

#include <span>

#include "compiler/simplify/simplify.h"

namespace tenet {

std::span<const Law> broadcast_laws();
std::span<const Law> constant_laws();
std::span<const Law> sum_laws();
std::span<const Law> product_laws();
std::span<const Law> condition_laws();
std::span<const Law> indicator_laws();
std::span<const Law> reduction_laws();
std::span<const Law> substitution_laws();
std::span<const Law> stability_laws();

}  // namespace tenet
