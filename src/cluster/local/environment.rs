//! The environment of the processes of a cluster: an empty one, with a few exceptions.
//!
//! The API server honours proxy variables and would dial pods through them, etcd reads every
//! `ETCD_*`, kwokctl every `KWOK_*` and a configuration in `HOME`.

use tokio::process::Command;

use crate::cluster::state::Home;

/// What is passed on.
const KEPT: [&str; 6] = ["PATH", "TMPDIR", "LANG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT"];

/// Gives the command the environment of a cluster's process.
pub(super) fn clean(command: &mut Command, home: &Home) {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", home.path().join("home")).env("KWOK_WORKDIR", home.kwok());
}
