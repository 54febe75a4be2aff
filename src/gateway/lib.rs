// SPDX-License-Identifier: MIT OR Apache-2.0
//! Health, metrics and the local socket.
