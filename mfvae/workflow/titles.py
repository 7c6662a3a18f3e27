"""What figures and the report call the systems."""

SYSTEMS = {
    "curie_weiss": "Curie–Weiss",
    "curie_weiss_field": "Curie–Weiss in a field",
    "hopfield": "Hopfield",
    "hopfield_pair": "Hopfield, overlapping patterns",
    "maier_saupe": "Maier–Saupe",
    "ising_2d": "2D Ising",
}
