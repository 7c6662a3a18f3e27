"""From an array to an answer: how many latents, is the model faithful, what is the theory, one page.

Nothing is computed here that another room computes: ``ladder`` trains and scores, ``diagnosis`` asks the
capacity and the baselines, ``theory`` the decoding, ``page`` and ``command`` show it.
"""
