"""Certificates in another's name, made for a run by an authority that only its clients trust."""

import datetime as dt
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz")


def certificates(folder: Path, hosts: Sequence[str] = HOSTS) -> tuple[ssl.SSLContext, Path]:
    """
    Return the context of a server in the venue's or another name, and its authority's file.

    The server's own certificate and key stand in the folder as `server.pem`.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, name = _name("perpdesk test authority"), _name(hosts[0])
    authority = (
        with_identifiers(
            _certificate(authority_name, authority_name, authority_key.public_key()),
            authority_key.public_key(),
            authority_key,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    certificate = (
        with_identifiers(
            _certificate(authority_name, name, key.public_key()), key.public_key(), authority_key
        )
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, trusted = folder / "server.pem", folder / "authority.pem"
    chain.write_bytes(private + certificate.public_bytes(pem))
    trusted.write_bytes(authority.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    return context, trusted


def with_identifiers(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """Add what Python asks for from 3.13 on: whose key it is, who signs, and what it is for."""
    issuer = issuer_key.public_key()
    no = (
        *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("crl_sign", "encipher_only", "decipher_only"),
    )
    usage = dict.fromkeys(no, False)
    return (
        builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=key == issuer, **usage),
            critical=True,
        )
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
