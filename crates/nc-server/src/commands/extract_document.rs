//! `extract-document`: what the server runs itself as, for each document that it reads. Not for people, and so not in
//! the help.

use std::{ffi::OsString, process::ExitCode};

use super::output;

/// Reads one document under limits, which follow the command's name.
pub fn extract_document(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match nc_documents::child::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
