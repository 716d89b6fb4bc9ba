# Draws rings.csv: points of a ring in a plane that lies slantwise in six dimensions, with a little noise in each of them.
import math
import random

random.seed(5)
print("a,b,c,d,e,f")
for _ in range(300):
    angle = random.uniform(0, 2 * math.pi)
    radius = random.gauss(2, 0.1)
    print(",".join(f"{radius * math.cos(angle - k * math.pi / 6) + random.gauss(0, 0.1):.4f}" for k in range(6)))
