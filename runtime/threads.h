// The threads that compiled code runs on: one fixed pool in the process.
#pragma once

#include "runtime/abi.h"

namespace tenet {

// The processors that this process may use, by its affinity and its control group's quota, at least 1.
int available_threads();

// How many threads compiled code runs on from now on, 1 at first. What it computes is the same bit for bit, however many they
// are. Not while code runs.
void set_threads(int count);

// How many of them have work in the program.
int threads_for(const NativeProgram& program);

// Runs the program on these threads; returns when all are done.
void run_program(const NativeProgram& program, const TenetFrame& frame);

}  // namespace tenet
