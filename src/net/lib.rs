// SPDX-License-Identifier: MIT OR Apache-2.0
//! The only way out: one TLS-only HTTP client with an SSRF-safe resolver, size caps and redaction.
