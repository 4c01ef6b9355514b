//! What the responder listens to, but for requests: its starter, its caller's pipe, signals, and
//! whether the cluster is still there.

use std::fmt;
use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::log::note;
use crate::cluster::Error;
use crate::cluster::local::link::Said;
use crate::cluster::local::processes::{self, COMPONENTS};
use crate::cluster::pair::stdout_end;
use crate::cluster::state::{Home, at};

/// How often it is looked whether the cluster is still there. Nobody has to tell the responder:
/// `cluster down` of another firedrill, or a person with `kill`, ends it too.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So many looks in a row without any component mean that they crashed and will not come back.
const LOOKS: u32 = 10;

/// Why the responder ends.
#[derive(Debug)]
pub(super) enum End {
    /// The cluster's folder is gone, or all of its components are.
    Gone,
    /// The owner is gone: the cluster is to be removed.
    OwnerGone,
    /// SIGTERM, for a cluster without an owner.
    Told,
    /// Something does not work.
    Failed(Error),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the cluster is gone"),
            Self::OwnerGone => f.write_str("its owner is gone; removes the cluster"),
            Self::Told => f.write_str("SIGTERM"),
            Self::Failed(error) => write!(f, "{error}"),
        }
    }
}

/// What was heard.
pub(super) enum News {
    /// The starter says that the API server is up.
    Serve,
    /// It is over.
    End(End),
}

/// Everything that is listened to.
pub(super) struct Ears {
    home: Home,
    link: Option<BufReader<UnixStream>>,
    heard: String,
    caller: Option<pipe::Receiver>,
    term: Signal,
    look: Interval,
    served: bool,
    empty_looks: u32,
}

impl Ears {
    pub(super) fn open(home: &Home, until_stdin_closes: bool) -> Result<Self, Error> {
        let failed = |what| at(what, home.path());
        let signals = || {
            // Once a listener was made, the default no longer holds: these two are the
            // terminal's, and meant for the starter.
            drop(signal(SignalKind::hangup())?);
            drop(signal(SignalKind::interrupt())?);
            signal(SignalKind::terminate())
        };
        let caller = if until_stdin_closes {
            Some(open_stdin().map_err(failed("use stdin as a pipe for"))?)
        } else {
            None
        };
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            home: home.clone(),
            link: Some(BufReader::new(stdout_end().map_err(failed("use stdout as the link for"))?)),
            heard: String::new(),
            caller,
            term: signals().map_err(failed("listen to signals for"))?,
            look,
            served: false,
            empty_looks: 0,
        })
    }

    /// Waits for the next thing to do.
    pub(super) async fn next(&mut self) -> News {
        loop {
            tokio::select! {
                said = hear(&mut self.link, &mut self.heard) => match said {
                    Some(Said::Serve) => return News::Serve,
                    Some(Said::Keep) => {
                        self.say(Said::Keep.answer()).await;
                        self.link = None;
                    }
                    None => return News::End(End::OwnerGone),
                },
                () = closed(&mut self.caller) => return News::End(End::OwnerGone),
                _ = self.term.recv() => {
                    let owned = self.link.is_some() || self.caller.is_some();
                    return News::End(if owned { End::OwnerGone } else { End::Told });
                }
                _ = self.look.tick() => if self.is_gone() {
                    return News::End(End::Gone);
                },
            }
        }
    }

    /// Says a line to the starter, where it still listens.
    pub(super) async fn say(&mut self, line: &str) {
        if let Some(link) = &mut self.link {
            // A starter that is gone shows as the end of the link.
            let _ = link.get_mut().write_all(format!("{line}\n").as_bytes()).await;
        }
    }

    /// Says that the pods are known.
    pub(super) async fn answer_serve(&mut self) {
        self.served = true;
        self.say(Said::Serve.answer()).await;
    }

    fn is_gone(&mut self) -> bool {
        if !self.home.path().is_dir() {
            return true;
        }
        // With an owner, the owner's end decides.
        let watched = self.served && self.link.is_none() && self.caller.is_none();
        let empty = watched && COMPONENTS.iter().all(|name| processes::component(&self.home, name).is_none());
        self.empty_looks = if empty { self.empty_looks + 1 } else { 0 };
        self.empty_looks >= LOOKS
    }
}

/// The next word on the link; nothing at its end. Never, where there is no link any more.
async fn hear(link: &mut Option<BufReader<UnixStream>>, heard: &mut String) -> Option<Said> {
    let Some(link) = link else { return std::future::pending().await };
    loop {
        // What was read before a cancellation stays in `heard`.
        match link.read_line(heard).await {
            Ok(read) if read > 0 => {
                let said = Said::parse(heard);
                if said.is_none() {
                    note(&format!("not understood: {heard:?}"));
                }
                heard.clear();
                if said.is_some() {
                    return said;
                }
            }
            _ => return None,
        }
    }
}

/// Waits until the pipe is closed; what comes through it means nothing.
async fn closed(pipe: &mut Option<pipe::Receiver>) {
    let Some(pipe) = pipe else { return std::future::pending().await };
    let mut ignored = [0; 64];
    while !matches!(pipe.read(&mut ignored).await, Ok(0) | Err(_)) {}
}

fn open_stdin() -> io::Result<pipe::Receiver> {
    pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)
}
