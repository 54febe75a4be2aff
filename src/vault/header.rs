// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vault's header: the data key, wrapped by the key that the passphrase gives.

use crate::cipher::{KEY_BYTES, Key, NONCE_BYTES, TAG_BYTES, random_bytes};
use crate::error::VaultError;
use crate::kdf::KdfParams;
use blufio_core::secret::VaultHeader;
use blufio_core::time::Timestamp;

/// The layout that this program writes and reads.
const VERSION: u32 = 1;
/// Bytes of the salt.
const SALT_BYTES: usize = 16;

/// Wraps `data_key` under a new salt. Derives a key: not for an async thread.
pub(crate) fn wrap(
    data_key: &Key,
    passphrase: &str,
    params: KdfParams,
    now: Timestamp,
) -> Result<VaultHeader, VaultError> {
    let mut header = VaultHeader {
        version: VERSION,
        memory_kib: params.memory_kib,
        passes: params.passes,
        lanes: params.lanes,
        salt: random_bytes::<SALT_BYTES>()?.to_vec(),
        nonce: Vec::new(),
        wrapped_key: Vec::new(),
        created_at: now,
    };
    let wrapping_key = params.derive(passphrase.as_bytes(), &header.salt)?;
    (header.nonce, header.wrapped_key) = wrapping_key.seal(data_key.expose(), &bound(&header))?;
    Ok(header)
}

/// Unwraps the data key. Derives a key: not for an async thread.
pub(crate) fn unwrap(header: &VaultHeader, passphrase: &str) -> Result<Key, VaultError> {
    check(header)?;
    let wrapping_key = params(header).derive(passphrase.as_bytes(), &header.salt)?;
    wrapping_key
        .open(&header.nonce, &header.wrapped_key, &bound(header))
        .and_then(|key| Key::from_bytes(&key))
        .ok_or(VaultError::WrongPassphrase)
}

/// The parameters that a header names.
fn params(header: &VaultHeader) -> KdfParams {
    KdfParams { memory_kib: header.memory_kib, passes: header.passes, lanes: header.lanes }
}

/// Whether this can be a header at all. Says nothing that depends on the passphrase.
fn check(header: &VaultHeader) -> Result<(), VaultError> {
    if header.version > VERSION {
        return Err(VaultError::HeaderTooNew { found: header.version, known: VERSION });
    }
    let damaged = |reason: String| Err(VaultError::HeaderDamaged { reason });
    if header.version != VERSION {
        return damaged(format!("its version is {}", header.version));
    }
    for (field, found, wanted) in [
        ("salt", header.salt.len(), SALT_BYTES),
        ("nonce", header.nonce.len(), NONCE_BYTES),
        ("wrapped_key", header.wrapped_key.len(), KEY_BYTES + TAG_BYTES),
    ] {
        if found != wanted {
            return damaged(format!("its {field} has {found} bytes instead of {wanted}"));
        }
    }
    params(header).check().or_else(damaged)
}

/// Everything in the header but nonce and wrapped key, which the cipher authenticates by itself. Fixed widths, so
/// that no two headers give the same bytes.
fn bound(header: &VaultHeader) -> Vec<u8> {
    let mut bytes = b"blufio vault header".to_vec();
    for number in [header.version, header.memory_kib, header.passes, header.lanes] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&header.created_at.0.to_le_bytes());
    bytes.extend_from_slice(&header.salt);
    bytes
}
