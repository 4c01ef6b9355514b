//! A kind cluster that a run makes for itself: made, kept or removed.

use super::config::{self, NODE_PORT, Ports};
use super::link::{Keeper, Removal};
use super::mark::Mark;
use super::remove::{self, Makers};
use super::tools::Tools;
use super::{Error, Options, Progress, connect, ready};
use crate::cluster::Access;
use crate::cluster::state::{Home, Lock, Owner, at};

/// How often a creation is tried again when another process took a port meanwhile.
const ATTEMPTS: u32 = 3;
/// What engines say when a port is taken.
const PORT_TAKEN: [&str; 3] =
    ["port is already allocated", "address already in use", "ports are not available"];

/// A cluster that is being made, or that is there. Dropped, it is removed by its keeper.
#[derive(Debug)]
pub(super) struct Made {
    keeper: Keeper,
    lock: Lock,
    tools: Tools,
    home: Home,
    mark: Mark,
}

impl Made {
    /// Begins to make the cluster.
    pub fn start(
        options: &Options,
        tools: Tools,
        home: Home,
        lock: Lock,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self, crate::cluster::Error> {
        let begun = begin(options, &tools, &home, &lock, (true, progress));
        match begun {
            Ok((keeper, mark)) => Ok(Self { keeper, lock, tools, home, mark }),
            Err(error) => {
                // Nothing but the folder is there; one that stays is removed by the next run.
                let _ = home.remove();
                lock.remove();
                Err(error)
            }
        }
    }

    /// Waits until pods can be there.
    pub async fn ready(
        &mut self,
        options: &Options,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Access, crate::cluster::Error> {
        let mut attempt = 1;
        while let Err(error) = self.created(progress).await {
            let chance = port_taken(self.keeper.log()).filter(|_| matches!(error, Error::Create { .. }));
            let Some(line) = chance.filter(|_| attempt < ATTEMPTS) else { return Err(error.into()) };
            attempt += 1;
            progress(Progress::Again { error: line.to_owned() });
            self.again(options, progress).await?;
        }
        let name = self.home.name();
        let text =
            std::fs::read_to_string(self.home.kubeconfig()).map_err(at("read", &self.home.kubeconfig()))?;
        let mut access = connect(&self.tools, name, &text).await?;
        access.facts.nodes = Some(ready::ready(&access.client()?, name, progress).await?);
        access.facts.created_by_run = true;
        access.kubeconfig = Some(self.home.kubeconfig());
        Ok(access)
    }

    async fn created(&mut self, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), Error> {
        let tell = |line: &str| {
            if let Some(what) = step(line) {
                progress(Progress::Kind(what));
            }
        };
        self.keeper.created(tell).await
    }

    /// The keeper has failed and removes what it made; another one begins with other ports.
    async fn again(
        &mut self,
        options: &Options,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), crate::cluster::Error> {
        self.keeper.removed().await.complete(&self.tools, &self.home, &self.mark).await?;
        let (keeper, mark) = begin(options, &self.tools, &self.home, &self.lock, (false, progress))?;
        self.keeper = keeper;
        self.mark = mark;
        Ok(())
    }

    /// Removes the cluster, however far it is, and waits for that.
    pub async fn remove(&mut self) -> Result<(), crate::cluster::Error> {
        self.keeper.remove().await.complete(&self.tools, &self.home, &self.mark).await?;
        self.lock.remove_file();
        Ok(())
    }

    /// Removes it after an error, and says what is to be said.
    pub async fn put_back(&mut self, error: crate::cluster::Error) -> crate::cluster::Error {
        let name = self.home.name().to_owned();
        match self.remove().await {
            Ok(()) => error,
            Err(left) => {
                let (error, left) = (error.to_string(), left.to_string());
                Error::NotPutBack { name, error, left }.into()
            }
        }
    }
}

impl Removal {
    /// Does what a keeper that was killed could not.
    async fn complete(self, tools: &Tools, home: &Home, mark: &Mark) -> Result<(), crate::cluster::Error> {
        match self {
            Self::Done => Ok(()),
            Self::Left(why) => Err(Error::Left { name: home.name().to_owned(), why }.into()),
            Self::Unknown => remove::all(tools, home, mark, Makers::none()).await,
        }
    }
}

/// Marks the cluster as a run's and starts a keeper that makes it.
fn begin(
    options: &Options,
    tools: &Tools,
    home: &Home,
    lock: &Lock,
    (usual, progress): (bool, &(dyn Fn(Progress) + Send + Sync)),
) -> Result<(Keeper, Mark), crate::cluster::Error> {
    let ports = Ports::free(usual).map_err(at("find free ports for", home.path()))?;
    if ports.node != NODE_PORT {
        progress(Progress::OtherPort { port: ports.node });
    }
    home.make_folder()?;
    config::write(home, ports)?;
    let mark = Mark::of_a_run(ports.apiserver);
    mark.write(home)?;
    let keeper = Keeper::start(home, tools, (&options.executable, options.image.as_deref()), lock)?;
    Ok((keeper, mark))
}

/// The line that says that another attempt can go better.
fn port_taken(log: &str) -> Option<&str> {
    log.lines().map(str::trim).rfind(|line| PORT_TAKEN.iter().any(|taken| line.contains(taken)))
}

/// What kind does now, of a line like ` • Preparing nodes 📦  ...`. Its other lines are no progress,
/// or speak of kubectl contexts that nobody is to use.
fn step(line: &str) -> Option<String> {
    let what = line.trim().strip_prefix('•')?.trim().trim_end_matches("...");
    let what = what.trim_end_matches(|c: char| !c.is_ascii() || c == ' ');
    (!what.is_empty()).then(|| what.to_owned())
}

/// A kind cluster that goes with its run. Dropped without [`Private::release`], it is removed by its
/// keeper.
#[derive(Debug)]
pub struct Private {
    made: Made,
    keep: bool,
}

impl Private {
    pub(super) const fn new(made: Made, keep: bool) -> Self {
        Self { made, keep }
    }

    /// Whether it is left in the end.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.keep
    }

    /// Its folder.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.made.home
    }

    /// Removes it, unless it is to be kept.
    pub async fn release(mut self) -> Result<(), crate::cluster::Error> {
        if !self.keep {
            return self.made.remove().await;
        }
        let Made { keeper, lock, home, mut mark, .. } = self.made;
        mark.owner = Owner::Nobody;
        mark.write(&home)?;
        keeper.keep().await?;
        drop(lock);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_kinds_lines_its_steps_are_told() {
        let told = |line: &str| step(line).unwrap_or_default();
        assert_eq!(told(" • Preparing nodes 📦  ..."), "Preparing nodes");
        assert_eq!(
            told(" • Ensuring node image (kindest/node:v1.34.4) 🖼  ..."),
            "Ensuring node image (kindest/node:v1.34.4)"
        );
        assert_eq!(told(" ✓ Preparing nodes 📦"), "");
        assert_eq!(told("Set kubectl context to \"kind-firedrill\""), "");
    }

    #[test]
    fn only_a_port_that_is_taken_is_worth_another_attempt() {
        let end = "Bind for 127.0.0.1:30080 failed: port is already allocated.";
        let long = format!("docker: Error response from daemon: {}{end}", "driver failed ".repeat(30));
        let log = format!("ERROR: failed to create cluster\n{long}\nRun 'docker run --help'\n");
        assert_eq!(port_taken(&log), Some(long.as_str()));
        assert!(port_taken("listen tcp4 127.0.0.1:30080: bind: address already in use").is_some());
        assert_eq!(port_taken("ERROR: no such image\n"), None);
    }
}
