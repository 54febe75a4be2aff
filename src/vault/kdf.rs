// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the passphrase to a key: Argon2id version 1.3 (RFC 9106).

use crate::cipher::{KEY_BYTES, Key};
use crate::error::VaultError;
use crate::limit;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

/// How much work one guess at the passphrase costs.
///
/// The default is the second choice of RFC 9106 on one lane: 64 MiB, three passes. Lanes are computed one after the
/// other here, so more of them would only help someone who guesses on many cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory, KiB. At least [`KdfParams::MINIMUM`]'s; at most 1 GiB.
    pub memory_kib: u32,
    /// Passes over the memory, 1 to 32; with less than 46 MiB at least 2.
    pub passes: u32,
    /// Lanes, 1 to 16.
    pub lanes: u32,
}

impl Default for KdfParams {
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

impl KdfParams {
    /// What OWASP asks for at least: 19 MiB, two passes, one lane.
    pub const MINIMUM: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    /// The most that is computed. A vault's header says how much work there is before anything of it can be
    /// authenticated, so an altered one could ask for any amount.
    pub const MAXIMUM: Self = Self { memory_kib: 1024 * 1024, passes: 32, lanes: 16 };

    /// From here on one pass is as good as [`KdfParams::MINIMUM`], again by OWASP.
    const ONE_PASS_KIB: u32 = 47_104;

    /// Whether these are within the bounds; the text says which is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        let within = |what: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(format!("{what} is {value}, and must lie between {least} and {most}"))
        };
        within("memory_kib", self.memory_kib, Self::MINIMUM.memory_kib, Self::MAXIMUM.memory_kib)?;
        let least = if self.memory_kib >= Self::ONE_PASS_KIB { 1 } else { Self::MINIMUM.passes };
        within("passes", self.passes, least, Self::MAXIMUM.passes)?;
        within("lanes", self.lanes, Self::MINIMUM.lanes, Self::MAXIMUM.lanes)
    }

    /// Derives a key. Takes tens to hundreds of milliseconds and `memory_kib` of memory: not for an async thread.
    pub(crate) fn derive(&self, passphrase: &[u8], salt: &[u8]) -> Result<Key, VaultError> {
        let bad = |reason: String| VaultError::BadParams { reason };
        self.check().map_err(bad)?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES))
            .map_err(|error| bad(error.to_string()))?;
        limit::refuse_beyond(self.memory_kib)?;
        let mut memory = Memory::new(params.block_count(), self.memory_kib)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Key::filled_by(|key| argon2.hash_password_into_with_memory(passphrase, salt, key, &mut memory.0))
            .map_err(|error| bad(error.to_string()))
    }
}

/// Argon2's memory. From its last blocks the key can be computed, so it is wiped.
struct Memory(Vec<Block>);

impl Memory {
    fn new(blocks: usize, kib: u32) -> Result<Self, VaultError> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).map_err(|_| VaultError::OutOfMemory { kib })?;
        memory.resize(blocks, Block::new());
        Ok(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // Not `Vec::zeroize`, which goes over the memory a second time, byte by byte.
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_the_argon2id_of_everyone_else() {
        // Computed with the reference implementation, here as its command would be called:
        // argon2 "saltsaltsaltsalt" -id -t 2 -k 19456 -p 1 -l 32 -r <<< "correct horse battery" (no line break)
        let key = KdfParams::MINIMUM.derive(b"correct horse battery", b"saltsaltsaltsalt").unwrap();
        let hex: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "88f390e5fd8edb516c8e706fa3502215c0ee4977220a7294ad714efb27e03683");
    }

    #[test]
    fn less_work_than_owasp_asks_for_is_refused_and_so_is_far_too_much() {
        let base = KdfParams::MINIMUM;
        for bad in [
            KdfParams { memory_kib: 19_455, ..base },
            KdfParams { memory_kib: 100_000_000, ..base },
            KdfParams { memory_kib: 0, ..base },
            KdfParams { passes: 1, ..base },
            KdfParams { passes: u32::MAX, ..base },
            KdfParams { lanes: 0, ..base },
            KdfParams { lanes: 17, ..base },
        ] {
            assert!(
                matches!(bad.derive(b"x", b"saltsaltsaltsalt"), Err(VaultError::BadParams { .. })),
                "{bad:?}"
            );
        }
        base.check().unwrap();
        KdfParams::default().check().unwrap();
        KdfParams { memory_kib: 47_104, passes: 1, lanes: 1 }.check().unwrap();
    }
}
