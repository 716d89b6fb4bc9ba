// A set of loops of one kernel, which may have any number of them.
#pragma once

#include <algorithm>
#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

class LoopSet {
 public:
  bool operator[](LoopId loop) const { return word_of(loop) < words_.size() && (words_[word_of(loop)] & bit_of(loop)) != 0; }
  void set(LoopId loop) {
    if (word_of(loop) >= words_.size()) words_.resize(word_of(loop) + 1);
    words_[word_of(loop)] |= bit_of(loop);
  }
  void reset(LoopId loop) {
    if (word_of(loop) < words_.size()) words_[word_of(loop)] &= ~bit_of(loop);
  }
  LoopSet& operator|=(const LoopSet& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size());
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }

  bool empty() const {
    return std::ranges::all_of(words_, [](std::uint64_t word) { return word == 0; });
  }
  bool meets(const LoopSet& other) const {
    for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
      if ((words_[i] & other.words_[i]) != 0) return true;
    return false;
  }
  bool is_within(const LoopSet& other) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if ((words_[i] & ~(i < other.words_.size() ? other.words_[i] : 0)) != 0) return false;
    return true;
  }

 private:
  static std::size_t word_of(LoopId loop) { return index_of(loop) / 64; }
  static std::uint64_t bit_of(LoopId loop) { return std::uint64_t{1} << (index_of(loop) % 64); }

  std::vector<std::uint64_t> words_;
};

}  // namespace tenet
