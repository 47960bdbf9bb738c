//! `config`: look at the settings, offline.

use std::io;

use super::{OrFail, Setting, Trouble, output};
use crate::{
    app,
    cli::ConfigCommand,
    config::{reference, schema, show},
};

/// Whether the command works without reading any setting.
pub(crate) const fn needs_no_settings(command: &ConfigCommand) -> bool {
    matches!(command, ConfigCommand::Schema | ConfigCommand::Reference)
}

pub(crate) fn print(command: &ConfigCommand) -> io::Result<()> {
    match command {
        ConfigCommand::Schema => output::data(&format!("{:#}", schema())),
        _ => output::data(reference().trim_end()),
    }
}

pub(crate) fn run(setting: &Setting, command: &ConfigCommand) -> Result<(), Trouble> {
    if matches!(command, ConfigCommand::Show) {
        return output::data(show(&setting.layers).trim_end()).or_fail();
    }
    if let Some(mode) = setting.config.mode {
        app::check_exposure(&setting.config, mode)?;
    }
    let url = setting.config.cloud.url.as_ref();
    output::tell(&match url {
        Some(url) => format!("the settings are fine; Nextcloud: {url}"),
        None => "the settings are fine; no Nextcloud is configured (NEXTCLOUD_HOST)".to_owned(),
    });
    Ok(())
}
