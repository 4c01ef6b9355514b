//! When a token is fetched again: ahead of time and beside the requests, so that none waits for a
//! plugin as long as the old token is good.

use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use http::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Error, Source, Token};

/// How long before its end a token is replaced, or half of its life, where that is shorter.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// How old a token from a file may be. The kubelet and others write a new one when 80% of the old
/// one's time is over; kubectl reads it once a minute.
const REREAD: Duration = Duration::from_secs(10);
/// Between two fetches that nobody has to wait for, and after one that failed: a plugin is a
/// program, and requests come by the dozen.
const PAUSE: Duration = Duration::from_secs(5);

/// A source, and the token that it gave last.
#[derive(Debug)]
pub(super) struct Renewal {
    source: Arc<Source>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    token: Token,
    /// When it is to be replaced; nothing where that is not known.
    due: Option<Instant>,
    /// When it is not good any more; nothing where that is not known.
    over: Option<Instant>,
    /// When the last fetch ended, or the one under way began.
    tried: Instant,
    failed: Option<Error>,
    /// The fetch that nobody waits for. Ends with this.
    beside: JoinSet<()>,
}

impl Renewal {
    pub(super) fn new(source: Source, first: Token) -> Arc<Self> {
        let mut state = State {
            token: first.clone(),
            due: None,
            over: None,
            tried: Instant::now(),
            failed: None,
            beside: JoinSet::new(),
        };
        state.take(&source, Ok(first));
        Arc::new(Self { source: Arc::new(source), state: Mutex::new(state) })
    }

    /// The token to send now. Waits for a new one only where the old one is over.
    pub(super) async fn token(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if state.over.is_some_and(|over| over <= now) {
            self.fetch(&mut state).await?;
        } else if state.due.is_some_and(|due| due <= now) && state.may_try() {
            state.tried = now;
            while state.beside.try_join_next().is_some() {}
            state.beside.spawn(beside(Arc::clone(&self.source), Arc::downgrade(self)));
        }
        Ok(state.token.header.clone())
    }

    /// Another token than this one, which the API server has refused; nothing where there is none.
    pub(super) async fn refused(self: &Arc<Self>, token: &HeaderValue) -> Option<HeaderValue> {
        let mut state = self.state.lock().await;
        if state.token.header == token && state.may_try() {
            // Where it fails, what the API server said is the better word.
            let _ = self.fetch(&mut state).await;
        }
        (state.token.header != token).then(|| state.token.header.clone())
    }

    async fn fetch(&self, state: &mut State) -> Result<(), Error> {
        if let Some(error) = state.failed.clone().filter(|_| !state.may_try()) {
            return Err(error);
        }
        let fetched = self.source.fetch().await;
        state.take(&self.source, fetched);
        state.failed.clone().map_or(Ok(()), Err)
    }
}

/// A fetch that no request waits for.
async fn beside(source: Arc<Source>, renewal: Weak<Renewal>) {
    let fetched = source.fetch().await;
    if let Some(renewal) = renewal.upgrade() {
        renewal.state.lock().await.take(&source, fetched);
    }
}

impl State {
    fn may_try(&self) -> bool {
        self.tried.elapsed() >= PAUSE
    }

    /// Takes a new token. Where there is none, the old one stays, as long as it is good.
    fn take(&mut self, source: &Source, fetched: Result<Token, Error>) {
        self.tried = Instant::now();
        let token = match fetched {
            Ok(token) => token,
            Err(error) => {
                self.failed = Some(error);
                return;
            }
        };
        let left = token.expires.map(|expires| expires - Utc::now());
        let after = |left: TimeDelta| self.tried + left.to_std().unwrap_or_default();
        // A plugin that gives what is over already is not run for each request.
        self.over = left.map(|left| after(left).max(self.tried + PAUSE));
        self.due = match source {
            Source::File(_) => Some(self.tried + REREAD),
            Source::Plugin(_) => left.map(|left| after(left - AHEAD.min(left / 2))),
        };
        self.failed = None;
        self.token = token;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn token(text: &str, lives: Option<i64>) -> Token {
        Token::new(text, lives.map(|seconds| Utc::now() + TimeDelta::seconds(seconds))).unwrap()
    }

    /// A renewal over a file that stands in for any source, with a first token of another.
    fn over(first: Token) -> (tempfile::NamedTempFile, Arc<Renewal>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "new").unwrap();
        let source = Source::File(file.path().to_owned());
        (file, Renewal::new(source, first))
    }

    async fn later(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    async fn settled(renewal: &Renewal) {
        while renewal.state.lock().await.beside.join_next().await.is_some() {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_again_beside_the_requests() {
        let (_file, renewal) = over(token("old", None));
        assert_eq!(renewal.token().await.unwrap(), "Bearer old");
        later(11).await;
        assert_eq!(renewal.token().await.unwrap(), "Bearer old", "nobody waits");
        // The task needs the state that `settled` looks into.
        let due = async {
            while renewal.token().await.unwrap() != "Bearer new" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(1), due).await.unwrap();
        settled(&renewal).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_waited_for_and_what_fails_is_not_tried_for_each_request() {
        let (file, renewal) = over(token("old", Some(30)));
        later(31).await;
        assert_eq!(renewal.token().await.unwrap(), "Bearer new");
        let (gone, renewal) = over(token("old", Some(30)));
        fs::remove_file(gone.path()).unwrap();
        later(31).await;
        let error = renewal.token().await.unwrap_err();
        assert!(matches!(&error, Error::File { .. }), "{error}");
        fs::write(gone.path(), "back").unwrap();
        assert_eq!(renewal.token().await.unwrap_err(), error, "within the pause");
        later(6).await;
        assert_eq!(renewal.token().await.unwrap(), "Bearer back");
        drop(file);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_renewed_is_used_to_its_end() {
        let (file, renewal) = over(token("old", None));
        fs::remove_file(file.path()).unwrap();
        for _ in 0..5 {
            later(11).await;
            assert_eq!(renewal.token().await.unwrap(), "Bearer old");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_replaced_once() {
        let (file, renewal) = over(token("old", None));
        let old = renewal.token().await.unwrap();
        assert_eq!(renewal.refused(&old).await, None, "it was fetched just now");
        later(6).await;
        assert_eq!(renewal.refused(&old).await.unwrap(), "Bearer new");
        assert_eq!(renewal.refused(&old).await.unwrap(), "Bearer new", "for all who sent the old one");
        let new = renewal.token().await.unwrap();
        later(6).await;
        assert_eq!(renewal.refused(&new).await, None, "there is no other");
        drop(file);
    }

    #[test]
    fn a_plugins_token_is_replaced_ahead_of_its_end() {
        let plugin = || -> Source { Source::Plugin(Box::default()) };
        for (lives, ahead) in [(3600, 60), (60, 30), (10, 5)] {
            let first = token("x", Some(lives));
            let renewal = Renewal::new(plugin(), first);
            let state = renewal.state.try_lock().unwrap();
            let before = (state.over.unwrap() - state.due.unwrap()).as_secs_f64();
            let ahead = f64::from(ahead);
            assert!((before - ahead).abs() < 0.5, "{lives}: {before}");
        }
        let renewal = Renewal::new(plugin(), token("x", None));
        assert!(renewal.state.try_lock().unwrap().due.is_none(), "good until it is refused");
    }
}
