"""The discriminators: their size, their input, and their learning."""

from __future__ import annotations

import random

import torch

from app.training.losses import (
    PERIODS,
    Discriminators,
    PeriodDiscriminator,
    ResolutionDiscriminator,
    compute_discriminator_loss,
    compute_feature_matching_loss,
    compute_generator_loss,
)


def test_the_discriminators_have_few_parameters() -> None:
    assert 760_000 < sum(parameter.numel() for parameter in Discriminators().parameters()) < 780_000


def test_a_step_draws_two_periods_and_one_resolution_at_random() -> None:
    discriminators = Discriminators()
    for number in range(20):
        some = discriminators.draw(random.Random(number))
        assert [type(one) for one in some] == [PeriodDiscriminator] * 2 + [ResolutionDiscriminator]
        assert some[0] is not some[1] and some == discriminators.draw(random.Random(number))
    seen = {id(one) for number in range(60) for one in discriminators.draw(random.Random(number))}
    assert len(seen) == 8


def test_each_period_reads_all_samples_of_any_length() -> None:
    torch.manual_seed(0)
    samples = torch.randn(2, 4001)
    for period in PERIODS:
        discriminator = PeriodDiscriminator(period)
        scores, features = discriminator(samples)
        assert scores.shape[:2] == (2, 1) and scores.shape[3] == period
        assert [one.shape[1] for one in features] == [16, 64, 128, 128]
        changed = samples.clone()
        changed[:, -1] += 10  # the last sample counts, too
        assert (discriminator(changed)[1][0] != features[0]).any()


def test_a_periodic_signal_has_constant_features_under_its_period() -> None:
    torch.manual_seed(0)
    periodic = torch.randn(1, 1, 5).expand(1, 300, 5)
    _, features = PeriodDiscriminator(5)(periodic.reshape(1, -1))
    inner = features[0][..., 5:-5, :]
    assert torch.allclose(inner, inner[..., :1, :].expand_as(inner), atol=1e-5)


def test_the_resolution_discriminator_reads_only_magnitudes() -> None:
    torch.manual_seed(0)
    samples = torch.randn(1, 8192)
    discriminator = ResolutionDiscriminator(512)
    scores, _ = discriminator(samples)
    assert torch.allclose(discriminator(-samples)[0], scores, atol=1e-5)
    assert not torch.allclose(discriminator(2 * samples)[0], scores, atol=1e-2)


def test_the_discriminators_learn_to_distinguish_two_kinds_of_sound() -> None:
    torch.manual_seed(0)
    discriminators = Discriminators()
    optimizer = torch.optim.AdamW(discriminators.parameters(), 1e-3)
    noise = torch.Generator().manual_seed(1)
    curve = []
    for step in range(40):
        white = 0.3 * torch.randn(4, 4096, generator=noise)
        tones = torch.sin(torch.arange(4096) * (0.05 + 0.2 * torch.rand(4, 1, generator=noise)))
        some = discriminators.draw(random.Random(step))
        loss = compute_discriminator_loss([one(tones) for one in some], [one(white) for one in some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    assert sum(curve[-8:]) / 8 < 0.3 * sum(curve[:3]) / 3
    with torch.no_grad():
        real, false = ([one(sound) for one in some] for sound in (tones, white))
    assert compute_generator_loss(real) < 0.3 < compute_generator_loss(false)
    assert compute_feature_matching_loss(real, real) == 0 < compute_feature_matching_loss(real, false)


def test_the_generators_losses_give_recordings_no_gradient() -> None:
    some = Discriminators().draw(random.Random(0))
    recorded, generated = torch.randn(2, 4096, requires_grad=True), torch.randn(2, 4096, requires_grad=True)
    real, false = ([one(sound) for one in some] for sound in (recorded, generated))
    (compute_generator_loss(false) + compute_feature_matching_loss(real, false)).backward()
    assert recorded.grad is None and generated.grad is not None and generated.grad.abs().sum() > 0
