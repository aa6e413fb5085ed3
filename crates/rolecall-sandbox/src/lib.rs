//! An AWS on loopback, for tests and demonstrations: IAM with its policy simulator, STS, Lambda and a little Secrets
//! Manager, in this process; and beside it a Genesys Cloud (see `genesys/mod.rs`).
//!
//! The real SDKs and command-line tools talk to it through an endpoint URL. Every request must carry a valid
//! signature of one of a few [`Principal`]s, or of credentials that AssumeRole issued; every call is
//! authorised by the policies stored here. The decisions come from another implementation than rolecall's own
//! evaluator (see `evaluator.rs`). [`Faults`] make it misbehave as AWS does: slowly, throttled, eventually
//! consistent.
//!
//! Invariants: a call either changes the state, and the file, wholly or not at all; what cannot be decided or
//! is not supported is answered with the error `SandboxUnsupported`, never guessed. Deliberately absent:
//! organizations, groups, consoles, other partitions than `aws`, and protection against people on the same
//! machine.

mod answer;
mod authorize;
mod aws_managed;
mod call;
mod cloudwatch;
mod control;
mod demo;
mod dispatch;
mod engine;
mod evaluator;
mod faults;
mod genesys;
mod grammar;
mod iam;
mod ids;
mod lambda;
mod lock;
mod measured;
mod organizations;
mod parameters;
mod principals;
mod secrets;
mod server;
mod service;
mod shared;
mod signature;
mod state;
mod store;
mod sts;
mod tags;
mod tamper;
mod wire;
mod witness;
mod xml;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::AbortHandle;

pub use engine::LogEntry;
pub use faults::{Fault, FaultRule, Faults, GenesysFaults};
pub use genesys::{
    Action, AuditEntry, Change, Configuration, Credential, DependencyIndex, Exchange, Flow, Genesys,
    GenesysAccess, Integration, IntendedState, OAuthClient, Organization, Revision,
};
pub use measured::{Execution, Invocation};
pub use principals::{CUSTOMER, Credentials, Principal, STRANGER, VENDOR};
pub use state::{
    Account, Function, ManagedPolicy, Parameter, Permissions, PolicyVersion, Quotas, Role, Secret, State,
    User,
};
pub use store::{change as change_file, load, parse, save};
pub use tags::Tags;
pub use tamper::{Tamper, TamperError};

use engine::{Engine, Event};
use shared::Shared;
use store::Store;

/// How a sandbox starts.
#[derive(Debug, Default)]
pub struct SandboxOptions {
    /// Where the state lasts between runs: read at the start if it exists, written after each change.
    pub state_file: Option<PathBuf>,
    /// The state to begin with where there is no file; left out, [`State::demo`].
    pub state: Option<State>,
    /// What goes wrong from the start.
    pub faults: Faults,
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
}

/// A running sandbox; it stops when it is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    port: u16,
    server: AbortHandle,
}

impl Sandbox {
    /// Starts serving; needs a tokio runtime, of either kind.
    pub fn start(options: SandboxOptions) -> io::Result<Self> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let SandboxOptions { state_file, state, faults, port } = options;
        let store = Store::open(state.unwrap_or_else(State::demo), state_file)?;
        let listener = server::bind(port)?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(Engine::new(store, faults)));
        let server = runtime.spawn(server::serve(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { shared, port, server })
    }

    /// Where it listens.
    pub fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The credentials of a principal that exists from the start.
    pub fn credentials(&self, principal: Principal) -> Credentials {
        principal.credentials()
    }

    /// The environment variables with which any AWS SDK or command-line tool talks to this sandbox as
    /// `principal`.
    pub fn environment(&self, principal: Principal) -> Vec<(&'static str, String)> {
        let credentials = principal.credentials();
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key),
            // The SDKs read the one, boto3 and version 1 of the command line the other.
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ]
    }

    /// Where its Genesys Cloud is, and the OAuth client that exists from the start.
    pub fn genesys(&self) -> GenesysAccess {
        GenesysAccess {
            base_url: self.endpoint_url(),
            client_id: genesys::CLIENT_ID,
            client_secret: genesys::CLIENT_SECRET,
        }
    }

    /// The environment variables with which Genesys Cloud's own tools and SDKs talk to this sandbox.
    pub fn genesys_environment(&self) -> Vec<(&'static str, String)> {
        let access = self.genesys();
        vec![
            ("GENESYSCLOUD_REGION", access.base_url),
            ("GENESYSCLOUD_OAUTHCLIENT_ID", access.client_id.to_owned()),
            ("GENESYSCLOUD_OAUTHCLIENT_SECRET", access.client_secret.to_owned()),
        ]
    }

    /// The conversations with its Genesys Cloud so far, oldest first: what was sent and what was answered.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.engine().genesys.exchanges.iter().cloned().collect()
    }

    /// The faults as they are now, counted down.
    pub fn faults(&self) -> Faults {
        self.shared.engine().faults.clone()
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.engine().faults = faults;
    }

    /// The calls so far, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.engine().log.iter().cloned().collect()
    }

    /// How many calls were being answered at the same time, at most.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight()
    }

    /// How many calls to Genesys Cloud were being answered at the same time, at most.
    pub fn most_in_flight_to_genesys(&self) -> usize {
        self.shared.most_to_genesys()
    }

    /// Forgets the calls so far.
    pub fn clear_log(&self) {
        self.shared.engine().log.clear();
        self.shared.forget_in_flight();
    }

    /// The state as it is now.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(self.shared.engine().store.current())
    }

    /// Keeps every state from now on, beginning with the present one.
    pub fn keep_history(&self) {
        let mut engine = self.shared.engine();
        let present = Arc::clone(engine.store.current());
        engine.history = Some(vec![present]);
    }

    /// The states since they are kept, oldest first.
    pub fn history(&self) -> Vec<Arc<State>> {
        self.shared.engine().history.clone().unwrap_or_default()
    }

    /// Lets something happen once, in between: after the first call from now on of which `is_after` is true, and before
    /// anything else. The answer to that call comes half a second later.
    pub fn once_after(
        &self,
        is_after: impl FnMut(&LogEntry) -> bool + Send + 'static,
        happening: impl FnOnce(&mut State, &mut Faults) + Send + 'static,
    ) {
        let event = Event { is_after: Box::new(is_after), happening: Box::new(happening) };
        self.shared.engine().events.push(event);
    }

    /// Changes the state from outside, and saves it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let mut engine = self.shared.engine();
        engine.store.enter()?;
        let mut next = State::clone(engine.store.current());
        let result = change(&mut next);
        let saved = engine.commit(next).map_err(|error| io::Error::other(error.message));
        engine.store.leave();
        saved.map(|()| result)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}
