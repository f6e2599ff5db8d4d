"""A model.tar.gz is unpacked only if it is what a training job packs."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.sagemaker.errors import Failed
from scripts.sagemaker.unpack import unpack

Archive = Callable[[list[tarfile.TarInfo]], Path]


def member(name: str, size: int = 3, **values: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in values.items():
        setattr(info, key, value)
    return info


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Packs members; a file holds as many zeros as it says."""

    def archive(members: list[tarfile.TarInfo]) -> Path:
        path = tmp_path / "model.tar.gz"
        with tarfile.open(path, "w:gz") as file:
            for one in members:
                file.addfile(one, io.BytesIO(bytes(one.size)))
        return path

    return archive


def test_files_and_folders_come_out(archive: Archive, tmp_path: Path) -> None:
    folder = member("./base", 0, type=tarfile.DIRTYPE, mode=0o755)
    unpack(archive([folder, member("./base/config.json"), member("voice.json")]), tmp_path / "voice")
    files = sorted(path.relative_to(tmp_path / "voice").as_posix() for path in (tmp_path / "voice").rglob("*.json"))
    assert files == ["base/config.json", "voice.json"]


@pytest.mark.parametrize(
    ("evil", "told"),
    [
        (member("../escaped"), "outside"),
        (member("base/../../escaped"), "outside"),
        (member("link", 0, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "no voice holds"),
        (member("link", 0, type=tarfile.LNKTYPE, linkname="voice.json"), "no voice holds"),
        (member("device", 0, type=tarfile.CHRTYPE), "no voice holds"),
        (member("pipe", 0, type=tarfile.FIFOTYPE), "no voice holds"),
        (member("huge", 2_000_000), "larger than any voice"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_no_voice_holds_is_refused(evil: tarfile.TarInfo, told: str, archive: Archive, tmp_path: Path) -> None:
    path = archive([member("voice.json"), evil])
    with pytest.raises(Failed, match=told):
        unpack(path, tmp_path / "deep" / "voice", most_bytes=1_000_000)
    assert not (tmp_path / "escaped").exists() and not (tmp_path / "deep" / "escaped").exists()


def test_a_sparse_file_is_refused_before_its_zeros_are_written(tmp_path: Path) -> None:
    """One tebibyte of zeros takes a few kilobytes in the archive, in either of the two forms of sparse files."""
    for form, info in (("GNU", member("huge", 0, type=tarfile.GNUTYPE_SPARSE)), ("pax", member("huge", 512))):
        path = tmp_path / f"{form}.tar.gz"
        if form == "pax":
            info.pax_headers = {"GNU.sparse.map": "0,512", "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1"}
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT if form == "pax" else tarfile.GNU_FORMAT) as file:
            file.addfile(info, io.BytesIO(bytes(info.size)))
        with pytest.raises(Failed, match="no voice holds"):
            unpack(path, tmp_path / form)
        assert not (tmp_path / form / "huge").exists()


def test_an_absolute_name_stays_inside(archive: Archive, tmp_path: Path) -> None:
    unpack(archive([member("/voice.json")]), tmp_path / "voice")
    assert (tmp_path / "voice" / "voice.json").exists()


def test_too_many_files_are_refused(archive: Archive, tmp_path: Path) -> None:
    path = archive([member(f"file{number}") for number in range(6)])
    with pytest.raises(Failed, match="no voice holds"):
        unpack(path, tmp_path / "voice", most_files=5)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no archive"), gzip.compress(bytes(999))[:20]],
    ids=["empty", "no archive", "gzip of no archive", "cut gzip"],
)
def test_what_is_no_archive_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    with pytest.raises(Failed, match="cannot be unpacked"):
        unpack(path, tmp_path / "voice")
