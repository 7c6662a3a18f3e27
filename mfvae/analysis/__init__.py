"""From an array to an answer: how many latents, is the model faithful, what is the theory, one page.

Nothing is computed here that another room computes: ``ladder`` trains and scores, ``fit`` chooses,
``law`` is what was chosen, ``diagnosis`` asks the capacity and the baselines, ``theory`` the decoding,
and ``page``, ``plot`` and ``command`` show it.
"""
