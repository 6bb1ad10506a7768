"""Speed, measured as ratios within one run."""

from zhike.kernel.memory import choose_arrow_memory

# As the product does, before anything loads Arrow.
choose_arrow_memory()
