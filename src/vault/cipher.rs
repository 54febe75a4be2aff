// SPDX-License-Identifier: MIT OR Apache-2.0
//! One seal: AES-256-GCM with a random nonce, and the key in its wiped box.

use crate::error::VaultError;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 12;
/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;

/// A key of 256 bits. It stays in one place on the heap, so that moving it leaves no copy behind, and is wiped there.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Key(Box<[u8]>);

impl Key {
    /// A key of zeros, to be filled by `fill` where it lies.
    pub(crate) fn filled_by<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self(vec![0; KEY_BYTES].into_boxed_slice());
        fill(&mut key.0)?;
        Ok(key)
    }

    /// A random key.
    pub(crate) fn random() -> Result<Self, VaultError> {
        Self::filled_by(fill_random)
    }

    /// The key that these bytes are, or `None` where their number is wrong.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == KEY_BYTES).then(|| Self(bytes.into()))
    }

    /// The bytes, to be wrapped by another key.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    fn cipher(&self) -> Result<Aes256Gcm, VaultError> {
        Aes256Gcm::new_from_slice(&self.0)
            .map_err(|_| VaultError::System("a key has the wrong length".into()))
    }

    /// Seals `plain` and binds `bound` to it; gives the nonce and the sealed bytes.
    pub(crate) fn seal(&self, plain: &[u8], bound: &[u8]) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let sealed = self
            .cipher()?
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: bound })
            .map_err(|_| VaultError::System("the cipher refused the text".into()))?;
        Ok((nonce.to_vec(), sealed))
    }

    /// Opens what [`Key::seal`] made. `None`: another key, other bound data, or altered bytes; which of them cannot
    /// be known.
    pub(crate) fn open(&self, nonce: &[u8], sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let plain = self.cipher().ok()?.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: bound });
        plain.ok().map(Zeroizing::new)
    }
}

impl Zeroize for Key {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// `N` bytes from the system's random source.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes)
        .map_err(|error| VaultError::System(format!("the system gave no random bytes ({error})")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> Key {
        Key::from_bytes(&[byte; KEY_BYTES]).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens_again_and_only_as_it_was(
            plain in proptest::collection::vec(any::<u8>(), 0..300),
            bound in proptest::collection::vec(any::<u8>(), 0..80),
            at in any::<proptest::sample::Index>(),
            flip in 1u8..,
        ) {
            let (nonce, sealed) = key(1).seal(&plain, &bound).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + TAG_BYTES);
            let opened = key(1).open(&nonce, &sealed, &bound);
            prop_assert_eq!(opened.as_ref().map(|v| v.as_slice()), Some(plain.as_slice()));

            prop_assert!(key(2).open(&nonce, &sealed, &bound).is_none());
            let mut other = bound.clone();
            other.push(0);
            prop_assert!(key(1).open(&nonce, &sealed, &other).is_none());
            let mut other = nonce.clone();
            other[at.index(NONCE_BYTES)] ^= flip;
            prop_assert!(key(1).open(&other, &sealed, &bound).is_none());
            let mut other = sealed.clone();
            other[at.index(sealed.len())] ^= flip;
            prop_assert!(key(1).open(&nonce, &other, &bound).is_none());
            prop_assert!(key(1).open(&nonce, &sealed[..at.index(sealed.len())], &bound).is_none());
        }
    }

    #[test]
    fn a_nonce_is_not_used_twice() {
        let nonces: std::collections::HashSet<_> =
            (0..200).map(|_| key(1).seal(b"same", b"same").unwrap().0).collect();
        assert_eq!(nonces.len(), 200);
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", key(0xab)), "Key(…)");
    }
}
