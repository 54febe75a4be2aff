// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks at files, folders and pages, so that a change can be noticed.
