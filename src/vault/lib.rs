// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets at rest: AES-256-GCM under a key derived by Argon2id.
