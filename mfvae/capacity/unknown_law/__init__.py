"""Is a model of data faithful whose law nobody knows? Limits that hold at a confidence, and a verdict.

``confidence`` has what a lower limit is, ``critic`` and ``critic_forms`` tell data from a model's own
draws, ``information_bound`` bounds I(A;B), ``power`` says which departures would have been found.
``missing``, ``unlikely`` and ``lacks`` name what the model has not. ``judgement`` states the rule, and
``examination`` asks all of it of one model. Of a known law, ``mfvae.capacity.verdict`` is the rule.
"""
