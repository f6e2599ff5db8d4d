"""A model.tar.gz is unpacked only if it contains what a training job packs."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.sagemaker.aws import FailedOperation
from scripts.sagemaker.fetch_model import unpack

Archive = Callable[[list[tarfile.TarInfo]], Path]


def create_member(name: str, size: int = 3, **values: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in values.items():
        setattr(info, key, value)
    return info


@pytest.fixture
def pack(tmp_path: Path) -> Archive:
    """Return a function that packs members, whose files hold zeros."""

    def pack(members: list[tarfile.TarInfo]) -> Path:
        path = tmp_path / "model.tar.gz"
        with tarfile.open(path, "w:gz") as file:
            for one in members:
                file.addfile(one, io.BytesIO(bytes(one.size)))
        return path

    return pack


def test_files_and_folders_are_unpacked(pack: Archive, tmp_path: Path) -> None:
    folder = create_member("./base", 0, type=tarfile.DIRTYPE, mode=0o755)
    unpack(pack([folder, create_member("./base/config.json"), create_member("voice.json")]), tmp_path / "voice")
    files = sorted(path.relative_to(tmp_path / "voice").as_posix() for path in (tmp_path / "voice").rglob("*.json"))
    assert files == ["base/config.json", "voice.json"]


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        (create_member("../escaped"), "outside"),
        (create_member("base/../../escaped"), "outside"),
        (create_member("link", 0, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "no voice contains"),
        (create_member("link", 0, type=tarfile.LNKTYPE, linkname="voice.json"), "no voice contains"),
        (create_member("device", 0, type=tarfile.CHRTYPE), "no voice contains"),
        (create_member("pipe", 0, type=tarfile.FIFOTYPE), "no voice contains"),
        (create_member("huge", 2_000_000), "larger than any voice"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_member_that_no_voice_contains_is_refused(
    invalid: tarfile.TarInfo, message: str, pack: Archive, tmp_path: Path
) -> None:
    path = pack([create_member("voice.json"), invalid])
    with pytest.raises(FailedOperation, match=message):
        unpack(path, tmp_path / "deep" / "voice", max_bytes=1_000_000)
    assert not (tmp_path / "escaped").exists() and not (tmp_path / "deep" / "escaped").exists()


def test_a_sparse_file_is_refused_before_its_zeros_are_written(tmp_path: Path) -> None:
    """One tebibyte of zeros takes a few kilobytes in the archive, in either of the two forms of sparse files."""
    for form, info in (
        ("GNU", create_member("huge", 0, type=tarfile.GNUTYPE_SPARSE)),
        ("pax", create_member("huge", 512)),
    ):
        path = tmp_path / f"{form}.tar.gz"
        if form == "pax":
            info.pax_headers = {"GNU.sparse.map": "0,512", "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1"}
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT if form == "pax" else tarfile.GNU_FORMAT) as file:
            file.addfile(info, io.BytesIO(bytes(info.size)))
        with pytest.raises(FailedOperation, match="no voice contains"):
            unpack(path, tmp_path / form)
        assert not (tmp_path / form / "huge").exists()


def test_an_absolute_name_is_unpacked_inside_the_folder(pack: Archive, tmp_path: Path) -> None:
    unpack(pack([create_member("/voice.json")]), tmp_path / "voice")
    assert (tmp_path / "voice" / "voice.json").exists()


def test_too_many_files_are_refused(pack: Archive, tmp_path: Path) -> None:
    path = pack([create_member(f"file{number}") for number in range(6)])
    with pytest.raises(FailedOperation, match="no voice contains"):
        unpack(path, tmp_path / "voice", max_files=5)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no archive"), gzip.compress(bytes(999))[:20]],
    ids=["empty", "no archive", "gzip of no archive", "cut gzip"],
)
def test_an_invalid_archive_is_reported(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    with pytest.raises(FailedOperation, match="cannot be unpacked"):
        unpack(path, tmp_path / "voice")
