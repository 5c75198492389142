"""A certificate for a simulated Zoom on another host, and an image that trusts it.

A client secret goes over plain http to the machine itself alone, so between containers the sandbox speaks TLS. Who
the project's clients trust is not for the environment to say; `python -m include.sandbox.certificate` says it while
the image of a trial installation is built, and no other image knows of it.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "sandbox"
_DAYS = 3650


def main() -> None:
    """Makes certificate and key in the folder that is named, and adds their authority to certifi's."""
    authority = make_certificate(Path(sys.argv[1]))
    trust(authority, Path(certifi.where()))


def make_certificate(folder: Path, host: str = HOST) -> bytes:
    """Writes `certificate.pem` and `key.pem` for a host; the PEM of the authority that signed it.

    The authority may sign for this host alone, and its key is gone when this returns.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = f"Authority of {host}"
    authority = _signed(issuer, authority_key, authority_key, issuer, _of_authority(host))
    made = _signed(host, key, authority_key, issuer, _of_host(host))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return authority.public_bytes(Encoding.PEM)


def trust(authority: bytes, bundle: Path) -> None:
    """Adds an authority to a bundle of them, which is replaced as a whole: its file may be shared by a link."""
    draft = bundle.with_suffix(".new")
    draft.write_bytes(bundle.read_bytes() + b"\n" + authority)
    draft.chmod(0o644)
    draft.replace(bundle)


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    issuer: str,
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing, hashes.SHA256())


def _of_authority(host: str) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(signs=True), True),
        (x509.NameConstraints(permitted_subtrees=[x509.DNSName(host)], excluded_subtrees=None), True),
    ]


def _of_host(host: str) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs=False), True),
        (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
    ]


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


if __name__ == "__main__":
    main()
