"""The networks in PyTorch. Each has the weights that it takes from Tenet's (`w` gives one by its name, its axes in the order
wanted) and its loss of a batch."""
import numpy as np
import torch
from torch.nn import functional as F


def join(*parts):
    return np.concatenate(parts, -1)


def scored(logits, batch):
    """The mean over the letters that count."""
    targets = batch["Y"].reshape(-1)
    if "mask" in batch:
        targets = torch.where(batch["mask"].reshape(-1) > 0, targets, -1)
    return F.cross_entropy(logits.reshape(len(targets), -1), targets, ignore_index=-1)


class Bigram:
    def weights(w):
        return {"W": w("W", "previous vocab")}

    def loss(p, batch):
        return F.cross_entropy(p["W"][batch["X"][:, 0]], batch["Y"])


class Window:
    def weights(w):
        return {"C": w("C", "vocab embed"), "W1": w("W1", "context embed hidden").reshape(-1, w("b1", "hidden").size),
                "b1": w("b1", "hidden"), "W2": w("W2", "hidden vocab"), "b2": w("b2", "vocab")}

    def loss(p, batch):
        h = torch.tanh(torch.addmm(p["b1"], p["C"][batch["X"]].flatten(1), p["W1"]))
        return F.cross_entropy(torch.addmm(p["b2"], h, p["W2"]), batch["Y"])


class Recurrent:
    def weights(w):
        return {"letter": w("letter", "vocab embed"), "start": w("start", "hidden"), "Wx": w("Wx", "embed hidden"),
                "Wh": w("Wh", "before hidden"), "b": w("b", "hidden"), "out": w("out", "hidden vocab"), "bias": w("bias", "vocab")}

    def loss(p, batch):
        from_letters = p["letter"][batch["X"]] @ p["Wx"] + p["b"]
        h, states = p["start"].expand(len(from_letters), -1), []
        for x in from_letters.unbind(1):
            h = torch.tanh(torch.addmm(x, h, p["Wh"]))
            states.append(h)
        return scored(torch.stack(states, 1) @ p["out"] + p["bias"], batch)


class Gated:
    """The gates' weights side by side: one product for both."""

    def weights(w):
        gates = ["reset", "replace", "proposal"]
        return {"letter": w("letter", "vocab embed"), "start": w("start", "hidden"),
                "W": join(*(w(gate + ".W", "embed hidden") for gate in gates)),
                "U": join(*(w(gate + ".U", "before hidden") for gate in gates[:2])), "V": w("proposal.U", "before hidden"),
                "b": join(*(w(gate + ".b", "hidden") for gate in gates)), "out": w("out", "hidden vocab"), "bias": w("bias", "vocab")}

    def loss(p, batch):
        width = len(p["V"])
        from_letters = p["letter"][batch["X"]] @ p["W"] + p["b"]
        h, states = p["start"].expand(len(from_letters), -1), []
        for x in from_letters.unbind(1):
            reset, replace = torch.sigmoid(torch.addmm(x[:, :2 * width], h, p["U"])).chunk(2, 1)
            candidate = torch.tanh(torch.addmm(x[:, 2 * width:], reset * h, p["V"]))
            h = h + replace * (candidate - h)
            states.append(h)
        return scored(torch.stack(states, 1) @ p["out"] + p["bias"], batch)


class Bag:
    def weights(w):
        return {"letter": w("letter", "vocab embed"), "place": w("place", "time embed"), "W1": w("pre.W", "embed hidden"),
                "b1": w("pre.b", "hidden"), "W2": w("z.W", "hidden embed"), "b2": w("z.b", "embed"),
                "out": w("logits.W", "embed vocab"), "bias": w("logits.b", "vocab")}

    def loss(p, batch):
        x = p["letter"][batch["X"]] + p["place"]
        y = x + x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]
        z = y + torch.tanh(y @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        return scored(z @ p["out"] + p["bias"], batch)


class Layers:
    def weights(w):
        return {"W1": w("h.W", "pixel hidden"), "b1": w("h.b", "hidden"), "W2": w("g.W", "hidden second"), "b2": w("g.b", "second"),
                "W3": w("logits.W", "second class"), "b3": w("logits.b", "class")}

    def loss(p, batch):
        h = F.relu(torch.addmm(p["b1"], batch["x"], p["W1"]))
        g = F.relu(torch.addmm(p["b2"], h, p["W2"]))
        return F.cross_entropy(torch.addmm(p["b3"], g, p["W3"]), batch["y"])


class Transformer:
    """Queries, keys and values side by side: one product for the three."""
    heads, depth = 4, 4

    def weights(w):
        width = w("logits.gain", "embed").size

        def each(name, axes, *shape):
            return w("blocks." + name, "depth " + axes).reshape(Transformer.depth, *shape)

        result = {"letter": w("letter", "vocab embed"), "place": w("place", "time embed"), "out": w("out", "embed vocab"),
                  "gain": w("logits.gain", "embed"), "bias": w("logits.bias", "embed")}
        layers = {"gain1": each("attended.norm.gain", "embed", width), "bias1": each("attended.norm.bias", "embed", width),
                  "W1": join(*(each(f"attended.{part}.W", "embed heads key", width, -1) for part in "qkv")),
                  "b1": join(*(each(f"attended.{part}.b", "heads key", -1) for part in "qkv")),
                  "W2": each("attended.linear.W", "heads key embed", -1, width), "b2": each("attended.linear.b", "embed", width),
                  "gain2": each("thought.norm.gain", "embed", width), "bias2": each("thought.norm.bias", "embed", width),
                  "W3": each("thought.W", "embed hidden", width, -1), "b3": each("thought.b", "hidden", -1),
                  "W4": each("linear.W", "hidden embed", -1, width), "b4": each("linear.b", "embed", width)}
        return result | {f"{name}.{i}": values[i] for name, values in layers.items() for i in range(Transformer.depth)}

    def loss(p, batch):
        x = p["letter"][batch["X"]] + p["place"]
        items, time, width = x.shape
        norm = lambda x, gain, bias: F.layer_norm(x, (width,), gain, bias)
        linear = lambda x, W, b: torch.addmm(b, x.reshape(items * time, -1), W).view(items, time, -1)
        for i in range(Transformer.depth):
            of = lambda *names: [p[f"{name}.{i}"] for name in names]
            parts = linear(norm(x, *of("gain1", "bias1")), *of("W1", "b1")).view(items, time, 3, Transformer.heads, -1)
            mixed = F.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4), is_causal=True)
            x = x + linear(mixed.transpose(1, 2), *of("W2", "b2"))
            thought = F.gelu(linear(norm(x, *of("gain2", "bias2")), *of("W3", "b3")), approximate="tanh")
            x = x + linear(thought, *of("W4", "b4"))
        return scored(norm(x, p["gain"], p["bias"]) @ p["out"], batch)
