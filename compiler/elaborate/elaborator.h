// From expressions to nodes. One object elaborates one program; its member functions stand in a file each by the forms they
// treat. A function that returns nothing has reported why, or met a name that is already reported.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "compiler/elaborate/names.h"
#include "compiler/elaborate/program.h"
#include "compiler/elaborate/ranges.h"
#include "compiler/elaborate/resolve.h"

namespace tenet {

// A node and what the language says of its kind: `2.0` is real, though the number is whole.
struct Value {
  NodeId node;
  Kind kind;
};

class Elaborator {
 public:
  Elaborator(Diagnostics& diagnostics, const Module& file, const Resolution& resolution, Program& program);

  // The whole file but its recipe (declarations.cpp).
  void declarations();

  std::optional<Value> expression(const syntax::Expression& expression);
  // An expression of a recipe: it may read `step`, and what is named in functions is not a definition.
  std::optional<Value> recipe_expression(const syntax::Expression& expression);
  // The number that an expression in numbers and known sizes comes to.
  std::optional<mpq_class> number(const syntax::Expression& expression);

  // The rule by which an optimizer updates a parameter (optimizers.cpp). `arguments`: by the place of the optimizer's own,
  // after the parameter, its gradient and the rate; nothing: the default. `call`: where the recipe names it.
  std::optional<Rule> rule(const Symbol& optimizer, std::vector<std::optional<Value>> arguments, Span call, std::size_t parameter,
                           NodeId rate);

  bool takes_no_axes(const syntax::Expression& call);  // else an error

  // What a file's name stands for, if it has a value that could be elaborated.
  std::optional<Value> value_of(const Symbol& symbol) const;
  std::vector<std::string> layers() const;  // the file's definitions that name a layer
  AxisId axis_of(const Symbol& symbol) const { return axes_[symbol.index]; }
  InputId input_of(const Symbol& data) const { return data_[data.index]; }
  std::optional<mpq_class> known_size(AxisId axis);
  std::string axes_text(NodeId node) const;  // "[batch, hidden]"
  std::string axes_text(std::span<const AxisId> axes) const;
  std::string source_text(Span span) const;
  const Input* input_read(NodeId node, bool (*counts)(const Input&)) const;  // the first that counts, or null

  template <class... Arguments>
  Diagnostic& report(Message message, Span span, const Arguments&... arguments) {
    return with_calls(diagnostics_.report(message, span, arguments...));
  }

  Diagnostics& diagnostics() { return diagnostics_; }
  const Module& file() const { return file_; }
  Program& program() { return program_; }
  Graph& graph() { return program_.graph; }

 private:
  using Group = std::vector<AxisId>;  // given for one axis argument
  struct Instance;
  using InstancePtr = std::shared_ptr<Instance>;
  // What the names in an inlined function stand for, and axes that a call makes. Nothing: an error that is reported.
  using Local = std::variant<std::monostate, AxisId, Group, Value, InstancePtr>;
  struct Scope {
    const Module* module;
    std::map<std::string, Local, std::less<>> names;
  };
  // A layer with parameters of its own. Its uses share them, and so do those of the layers that it uses in turn.
  struct Instance {
    Symbol layer;
    std::string path;                           // `encode`: its parameters are `encode.W`
    Scope scope;                                // its axes, parameters and states
    std::map<std::string, InstancePtr> layers;  // by their places in the block
  };
  struct Call {
    Span span;
    std::string function;
  };
  // Random numbers of an initial value: one draw a call, numbered.
  struct Drawing {
    std::string parameter;
    std::vector<AxisId> axes;
    int calls = 0;
  };

  // load.cpp; after an error, one that names nothing
  TensorSource tensor_source(const syntax::Data& data, const std::vector<AxisId>& axes);

  // declarations.cpp
  void inputs();
  void axis_size(const syntax::Name& name, const syntax::Expression& size, AxisId axis);
  void initial_value(std::size_t index);
  std::optional<NodeId> initial_of(const std::string& name, const syntax::Expression& initial,
                                   std::optional<std::vector<AxisId>>& axes);
  std::optional<NodeId> with_initial_values(const std::string& name, Span span, NodeId value);
  NodeId broadcast(NodeId value, std::span<const AxisId> axes);
  void definition(std::size_t index);
  std::optional<Value> stated(const syntax::Definition& definition, std::optional<Value> value);
  void assumption(const syntax::Assumption& assumption);
  void claim(const syntax::Claim& claim);
  Value named(const std::string& path, Value value, Span span);

  // expressions.cpp. `infinite`: `inf` may stand here.
  std::optional<Value> expression(const syntax::Expression& expression, bool infinite);
  std::optional<Value> form(const syntax::Expression& expression, bool infinite);
  std::optional<Value> name(const syntax::Expression& expression);
  std::optional<Value> path(const syntax::Expression& expression);
  std::optional<Value> operation(const syntax::Expression& expression, bool infinite);
  std::optional<Value> operation(const syntax::Expression& expression, std::optional<Value> first, bool infinite_operands);
  std::optional<Value> call(const syntax::Expression& expression);
  std::optional<Value> callee(const syntax::Expression& call);
  std::optional<Value> pointwise(const syntax::Expression& call, const Operation& operation);
  std::optional<Value> where(const syntax::Expression& call);
  std::optional<Value> draw(const syntax::Expression& call, Op distribution);
  std::optional<Value> initial_draw(const syntax::Expression& call, Op distribution);
  std::optional<Value> stop(const syntax::Expression& call);
  std::optional<Value> apply(Op op, std::span<const Value> operands);
  bool is_truth(std::string_view form, Value value, Span span);
  bool takes(const syntax::Expression& call, std::size_t count);     // no axes, that many arguments by place; else an error
  bool by_place(const syntax::Expression& call, std::size_t count);  // that many arguments by place, else an error
  const Local* local(std::string_view name) const;                   // null: no local name
  const Module& module() const { return scope_ != nullptr ? *scope_->module : file_; }
  std::nullopt_t unknown_path(std::string_view path, Span span);
  bool fits(Span span);  // the graph is not too large yet
  // That nothing came of this part of a program has a reason: one that is reported, or an axis that a circle still has to learn.
  void explained(Span part);

  // axes.cpp
  std::optional<AxisId> axis(const syntax::Name& name);
  std::optional<Group> group(const syntax::Name& name);  // the axes that it stands for, one or more
  std::optional<std::vector<AxisId>> axes(const std::vector<syntax::Name>& names);
  NodeId count(std::span<const AxisId> axes);  // the product of their sizes
  std::optional<AxisId> new_axis(const syntax::Name& name, const syntax::Expression& size);
  std::optional<Value> with_new_axes(const syntax::Expression& call);

  // reductions.cpp, substitution.cpp, gradients.cpp
  std::optional<Value> reduction(const syntax::Expression& call);
  bool reduces(const syntax::Expression& call, Value operand);
  std::optional<Value> substitution(const syntax::Expression& expression);
  bool range(NodeId index, AxisId axis, const syntax::Expression* otherwise, Span span);
  std::optional<Value> gradient(const syntax::Expression& call);
  std::optional<NodeId> gradient_target(const syntax::Expression& target);

  // recurrences.cpp
  struct Member {
    std::string name;
    Span span;
    std::optional<Value>* value;  // nothing until it is elaborated
    std::vector<AxisId> axes = {};
  };
  struct Read {
    std::size_t member;
    std::int64_t offset;
    NodeId start, reading;
    Span span;
  };
  struct Circle {
    Scope* scope;  // where its members are defined
    std::string along;
    std::vector<Member> members;
    std::vector<Read> reads;
    std::optional<AxisId> axis;
    std::map<std::string, InstancePtr> layers;  // that members of the file make, by their places
    Circle* outer;
    bool grows = false;  // a member has more axes than was known
  };
  struct Trace;
  Trace trace() const;
  void rewind(const Trace& trace);
  // Of declarations: each as a circle's member; its elaboration; and what follows once its circle has given it its value.
  struct Steps {
    std::function<Member(const Declared&)> member;
    std::function<void(const Declared&)> elaborate, known;
  };
  // Declarations in their order, with their circles of this level and those within.
  void in_order(std::span<const Declared> order, std::span<const std::string> circle_axes, const Steps& steps,
                std::size_t level = 0);
  // Elaborates the members, by calling `elaborate` as often as it takes. `along`: the axis's name where they stand.
  void circle(std::string_view along, std::vector<Member> members, const std::function<void()>& elaborate);
  Member member(const syntax::Definition& row, std::optional<Value>& value);
  static bool add_axis(Member& member, AxisId axis);
  // The reading for a member at the place `offset` before.
  Value reading(Circle& circle, Member& member, AxisId axis, std::int64_t offset, NodeId start, Span span);
  // The definition that is being elaborated in a circle along the axis; null: no such one.
  Member* circling(const syntax::Expression& name, std::string_view along);
  // Where the value reads one definition of a circle elsewhere: that has the axis, as the value is used. False if it was known.
  bool adds_axis(NodeId value, AxisId axis);
  std::optional<Value> read_elsewhere(Member& member, const syntax::Expression& expression, const syntax::Bracket& bracket);
  bool closes(const Circle& circle, std::size_t first);
  void close(const Circle& circle, std::size_t first);
  bool starts(const Read& read, const Circle& circle) const;
  std::vector<NodeId> dependents(std::span<const NodeId> roots, const std::vector<Read>& reads) const;
  bool depends_on(NodeId node, const std::vector<Read>& reads);

  // layers.cpp
  std::optional<InstancePtr> instance(const syntax::Expression& expression);  // that a definition names; nothing: it is a value
  InstancePtr instance_at(const std::string& place, const syntax::Expression& expression, const Symbol& layer);
  void parameter(const syntax::Parameter& row, const std::string& name, Scope& scope);
  std::optional<Value> used(const syntax::Expression& call, Instance& instance);
  std::optional<Value> used(Span call, Instance& instance, std::vector<std::optional<Value>> given);
  std::optional<Value> repetition(const syntax::Expression& call);
  InstancePtr instance_called(std::string_view name) const;
  std::string fresh_place(const std::string& layer);

  // optimizers.cpp
  std::optional<Value> state(const syntax::State& declaration, const std::string& name, bool own);
  void update(const syntax::Update& row);
  bool fitted(NodeId& value, InputId target, Span span, Message axes_differ);

  // functions.cpp
  using Given = std::vector<std::optional<Value>>;  // by the place of the function's arguments
  bool may_inline(Span call);                       // neither too deep nor too often
  std::optional<Value> inlined(const syntax::Expression& call, const Symbol& function);
  std::optional<std::vector<Group>> axis_arguments(const syntax::Expression& call, const syntax::Function& function);
  static void name_axes(const syntax::Function& function, const std::vector<Group>& over, Scope& scope);
  // `skipped`: the call's first arguments that are not the function's.
  std::optional<Given> arguments(const syntax::Expression& call, const syntax::Function& function, std::size_t skipped = 0);
  std::optional<Value> in_block(const syntax::Function& function, Scope scope, Given given, Span call, std::string path);
  std::optional<Value> body(const syntax::Function& function, Given given, Scope& scope);
  void local_axis(const syntax::AxisDeclaration& declaration, Scope& scope);
  std::string fresh_path(const std::string& name);  // below the current one, taken by nothing

  Diagnostic& with_calls(Diagnostic& diagnostic);

  Diagnostics& diagnostics_;
  const Module& file_;
  const Resolution& resolution_;
  Program& program_;
  Ranges ranges_;

  std::vector<AxisId> axes_;  // by place in the file
  std::vector<InputId> data_, parameters_;
  std::unordered_map<std::uint32_t, NodeId> initials_;         // by the parameter's input
  std::map<std::string, InstancePtr, std::less<>> instances_;  // by the file's names
  std::vector<std::optional<Value>> definitions_, states_;
  std::unordered_map<std::string, Value> paths_;        // `probs.softmax.z`
  std::unordered_map<std::string, AxisId> axis_paths_;  // `h.attend.source`
  std::unordered_set<std::string> used_paths_;

  // Where we are.
  Scope* scope_ = nullptr;  // of the function that is inlined; null: the file
  std::vector<Call> calls_;
  Instance* instance_ = nullptr;            // the layer whose block this is; null: the file
  std::string place_;                       // the definition in that block, or in the file
  bool last_line_ = false;                  // the block's value: no definition
  std::unordered_set<std::string> places_;  // that layers have taken in this use of the block
  std::string path_;                        // of the definition, without what is local: `probs.softmax`
  bool defines_ = false;                    // names in functions become definitions of the program
  bool step_ = false;
  std::optional<Drawing> drawing_;
  std::vector<AxisId> repeated_;          // along which layers are repeated here: their parameters have these axes too
  std::vector<NodeId> gradient_targets_;  // since a claim began
  Circle* circle_ = nullptr;              // the innermost that is being elaborated
  int depth_ = 0;
  int inlined_ = 0;
  bool too_large_ = false;
};

}  // namespace tenet
