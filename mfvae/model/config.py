"""The architecture of a VAE, checked. Nothing here needs PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfvae.bounds import check_fields


@dataclass(frozen=True)
class VAEConfig:
    """Architecture: latent dimension d, hidden widths of encoder and decoder (tanh units).

    With ``field_rank`` K the decoder has the Hopfield form η(z) = b + ξ·φ(z), φ: R^d → R^K; its patterns
    ξ (N·dim, K) and biases b are the last layer's. With ``warp`` units, z goes through a Warp first.
    With ``gaps`` the encoder has an input more for every site: 1 where it was not observed.
    """

    latent_dim: int = field(metadata={"help": "number of latents", "minimum": 1, "most": 64})
    encoder_hidden: tuple[int, ...] = field(
        default=(64,),
        metadata={"help": "widths of the encoder's hidden layers", "minimum": 1, "most": 4096},
    )
    decoder_hidden: tuple[int, ...] = field(
        default=(64,),
        metadata={"help": "widths of the decoder's hidden layers", "minimum": 1, "most": 4096},
    )
    field_rank: int = field(
        default=0,
        metadata={
            "help": "patterns K of a decoder of fields b + ξ·φ(z); 0 for free fields",
            "minimum": 0,
            "most": 64,
        },
    )
    warp: int = field(
        default=0,
        metadata={
            "help": "units of a layer that moves the prior's mass ahead of the decoder; 0 for none",
            "minimum": 0,
            "most": 512,
        },
    )
    gaps: bool = field(
        default=False,
        metadata={"help": "whether the encoder sees which sites were observed, as data with gaps need"},
    )

    def __post_init__(self) -> None:
        check_fields(self)
