//! A stage: an embedded AWS that the test can damage and look into, a folder with a manifest, and the binary.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use rolecall::sandbox::{Faults, LogEntry, Principal, Sandbox, SandboxOptions, State, Tamper};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) const ROLE: &str = "GenesysDataActionRole";
pub(crate) const EXTERNAL_ID: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";

/// A manifest with these targets, and the sandbox's caller as probe principal.
pub(crate) fn manifest(targets: &str) -> String {
    format!(
        r#"version = 1

[genesys]
region = "us-east-1"
organization_id = "{EXTERNAL_ID}"

[role]
name = "{ROLE}"

{targets}

[verify]
probe_principal = "arn:aws:iam::123456789012:role/ci"
"#
    )
}

pub(crate) const ONE_TARGET: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\n";

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
    principal: Principal,
    /// Keeps the sandbox's runtime alive; it ends when this is dropped.
    _stop: oneshot::Sender<()>,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Everything that was printed, when the exit code is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in\n{}\n{}", self.stdout, self.stderr))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What the commands said to Genesys Cloud keeps to its API.
impl Drop for Stage {
    fn drop(&mut self) {
        if !thread::panicking() {
            crate::genesys::keep(&self.sandbox.exchanges());
        }
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(&manifest(ONE_TARGET), State::demo())
    }

    pub(crate) fn with(manifest: &str, state: State) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let options = SandboxOptions { state: Some(state), ..SandboxOptions::default() };
                started.send(Sandbox::start(options).unwrap()).unwrap();
                // Dropping the stage closes the channel; until then the sandbox is served.
                let _ = stopped.await;
            });
        });
        let stage = Self {
            sandbox: start.recv().unwrap(),
            folder: TempDir::new().unwrap(),
            principal: Principal::Ci,
            _stop: stop,
        };
        stage.write("rolecall.toml", manifest);
        stage
    }

    /// The same stage, with somebody else running the commands.
    pub(crate) fn acting_as(mut self, principal: Principal) -> Self {
        self.principal = principal;
        self
    }

    pub(crate) fn act_as(&mut self, principal: Principal) {
        self.principal = principal;
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn set(&self, faults: Faults) {
        self.sandbox.set_faults(faults);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary(self.folder.path());
        command.args(arguments).envs(self.sandbox.environment(self.principal));
        command
    }

    /// What leads a program to this AWS.
    #[allow(dead_code, reason = "the function's tests need it")]
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        self.sandbox.environment(self.principal)
    }

    /// Somebody changes the role by hand.
    pub(crate) fn tamper(&self, kind: Tamper) {
        self.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
    }

    /// The command, with the OAuth client of the sandbox's organization.
    pub(crate) fn client_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.envs(self.sandbox.genesys_environment());
        command
    }

    pub(crate) fn run_client(&self, arguments: &[&str]) -> Run {
        self.client_command(arguments).output().unwrap().into()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a command that hears a signal right after a call, before the answer to it.
    #[cfg(unix)]
    pub(crate) fn run_until(
        &self,
        is_after: impl FnMut(&LogEntry) -> bool + Send + 'static,
        signal: &'static str,
        mut command: Command,
    ) -> Output {
        let (started, start) = mpsc::channel::<u32>();
        self.sandbox.once_after(is_after, move |_, _| {
            let pid = start.recv().unwrap().to_string();
            assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        });
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        started.send(child.id()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// The calls since the log was last cleared.
    pub(crate) fn calls(&self) -> Vec<LogEntry> {
        let log = self.sandbox.log();
        self.sandbox.clear_log();
        log
    }
}

/// The binary in a folder, with nothing of the developer's own AWS configuration.
pub(crate) fn binary(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).stdin(Stdio::null()).env_clear();
    command.env("HOME", folder).env("AWS_EC2_METADATA_DISABLED", "true");
    let roots = roots();
    command.env("SSL_CERT_FILE", roots.join("nobody.pem")).env("SSL_CERT_DIR", roots);
    command
}

/// Certificates that the binary trusts: one, which signed nothing. The system's are read by `trust.rs` and by the tests of the
/// documentation; to read them takes as long as all else that most commands do.
fn roots() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.map(|it| it.join("tests/scenarios/certificates/roots")).find(|it| it.is_dir()).unwrap()
}

/// The binary, or another one that `ROLECALL_BIN` names; other packages have it beside their own.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("ROLECALL_BIN") {
        return named.into();
    }
    match (option_env!("CARGO_BIN_EXE_rolecall"), option_env!("CARGO_BIN_EXE_rolecall-lambda")) {
        (Some(own), _) => PathBuf::from(own),
        (None, Some(function)) => Path::new(function).with_file_name("rolecall"),
        (None, None) => panic!("these tests run no binary"),
    }
}
