//! What has to be known before the first role's turn: the manifests, how each account is reached, whether two of them
//! mean one role, and where the roles of an account are read together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use futures_util::future::join_all;
use rolecall::aws::{AccountLimits, Aws, AwsSettings};
use rolecall::iam::arn::AccountId;
use rolecall::manifest::{Manifest, Note};
use rolecall::observe::snapshot::{Snapshot, is_worth_it};
use rolecall::ports::{AwsError, AwsErrorKind, Read as _};
use rolecall::sandbox::Sandbox;

use super::{Reads, files};
use crate::cli::context::{
    Context, Services, Surroundings, sandbox_file, sandbox_state, settings, start_sandbox,
};
use crate::cli::failure::{CommandResult, UsageError};
use crate::cli::options::AwsOptions;
use crate::cli::printer::Printer;

/// One manifest, and what its role is reached with.
pub(super) struct Member {
    /// As the user named it.
    pub(super) file: String,
    /// Those of the command, with this manifest alone.
    pub(super) options: AwsOptions,
    pub(super) context: Context,
    /// Which of the clients is its own.
    client: usize,
    /// Why its account cannot be looked at.
    pub(super) unreachable: Option<AwsError>,
}

/// The members in the order of their files, and the clients that they share.
pub(super) struct Fleet {
    pub(super) members: Vec<Member>,
    pub(super) clients: Vec<Aws>,
    /// What to know about all of it.
    pub(super) notes: Vec<String>,
}

/// Checks everything that can be checked without AWS, asks every account who is calling, and reads those at once that
/// have many roles to look at.
pub(super) async fn prepare(
    options: &AwsOptions,
    services: Services,
    reads: Reads,
    printer: &mut Printer,
) -> CommandResult<Fleet> {
    let loaded = load(&files::expand(&options.common.files, printer)?, printer)?;
    let sandboxes = if options.sandbox { start_sandboxes(&loaded, printer)? } else { HashMap::new() };
    let mut surroundings = Surroundings::new(options, services)?;
    let mut clients: Vec<Aws> = Vec::new();
    let mut known: HashMap<AwsSettings, usize> = HashMap::new();
    let mut members = Vec::with_capacity(loaded.len());
    let mut refused = Vec::new();
    for (path, manifest, warnings) in loaded {
        let sandbox = sandboxes.get(&sandbox_file(&path)).cloned();
        let settings = settings(options, &manifest.access, sandbox.as_deref());
        let client = match known.get(&settings) {
            Some(client) => *client,
            None => {
                clients.push(Aws::connect(&settings).await);
                known.insert(settings, clients.len() - 1);
                clients.len() - 1
            }
        };
        let Some(aws) = clients.get(client) else { continue };
        let file = path.display().to_string();
        let mut options = options.clone();
        options.common.files = vec![path];
        let manifest = (manifest, warnings);
        match Context::with(&options, manifest, aws.clone(), sandbox, &mut surroundings, printer).await {
            Ok(context) => members.push(Member { file, options, context, client, unreachable: None }),
            Err(error) => refused.push((file, error)),
        }
    }
    if let Some((_, first)) = refused.first() {
        let hint = first.hint.clone();
        let lines: Vec<String> =
            refused.iter().map(|(file, failure)| format!("{file}: {}", failure.message)).collect();
        return Err(UsageError { message: lines.join("\n"), hint }.into());
    }
    refuse_double_claims(&members, |member| match &member.context.manifest.access.assume_role {
        Some(assumed) => assumed.role.account.to_string(),
        // Which account it is will only be known when AWS says so.
        None => format!("client {}", member.client),
    })?;
    let mut fleet = Fleet { members, clients, notes: Vec::new() };
    fleet.meet(reads).await?;
    Ok(fleet)
}

impl Fleet {
    async fn meet(&mut self, reads: Reads) -> CommandResult<()> {
        let callers = join_all(self.clients.iter().map(Aws::caller)).await;
        let mut limits: HashMap<AccountId, AccountLimits> = HashMap::new();
        let mut accounts: Vec<Option<AccountId>> = Vec::new();
        for (client, caller) in self.clients.iter_mut().zip(&callers) {
            let account = caller.as_ref().ok().map(|caller| caller.account.clone());
            if let Some(account) = &account {
                *client = client.clone().among_many(limits.entry(account.clone()).or_default());
            }
            accounts.push(account);
        }
        refuse_double_claims(&self.members, |member| match accounts.get(member.client) {
            Some(Some(account)) => account.to_string(),
            Some(None) | None => format!("client {}", member.client),
        })?;
        let snapshots = join_all(self.clients.iter().enumerate().map(async |(index, client)| {
            let members: Vec<&Member> = self.members.iter().filter(|member| member.client == index).collect();
            let caller = callers.get(index)?.as_ref().ok()?.clone();
            if reads == Reads::ForWriting || !is_worth_it(members.len()) {
                return None;
            }
            let roles: HashSet<_> =
                members.iter().map(|member| member.context.manifest.role.name.clone()).collect();
            let functions: Vec<_> =
                members.iter().flat_map(|member| member.context.addresses.clone()).collect();
            Some(Snapshot::take(client.clone(), caller, &roles, &functions).await.map(Rc::new))
        }))
        .await;
        for (account, snapshot) in accounts.iter().flatten().zip(&snapshots) {
            match snapshot {
                Some(Ok(_)) => self.notes.push(format!(
                    "the roles of account {account} were read together, which leaves out the tags of their policies"
                )),
                Some(Err(error)) if error.kind == AwsErrorKind::AccessDenied => {
                    self.notes.push(format!("each role of account {account} was read by itself: {error}"));
                }
                Some(Err(_)) | None => {}
            }
        }
        for member in &mut self.members {
            let Some(client) = self.clients.get(member.client) else { continue };
            member.context.role.aws = client.clone();
            member.unreachable = callers.get(member.client).and_then(|caller| caller.as_ref().err().cloned());
            match snapshots.get(member.client) {
                Some(Some(Ok(snapshot))) => member.context.role.snapshot = Some(Rc::clone(snapshot)),
                Some(Some(Err(error))) if error.kind != AwsErrorKind::AccessDenied => {
                    member.unreachable = Some(error.clone());
                }
                Some(Some(Err(_)) | None) | None => {}
            }
        }
        Ok(())
    }
}

/// A manifest that is right, with its warnings.
type Loaded = (PathBuf, Manifest, Vec<String>);

/// All manifests, or every fault of all of them.
fn load(files: &[PathBuf], printer: &mut Printer) -> Result<Vec<Loaded>, UsageError> {
    let mut loaded = Vec::new();
    let mut faults = Vec::new();
    for path in files {
        match Manifest::load(path) {
            Ok((manifest, notes)) => {
                let warnings: Vec<String> = notes.iter().map(Note::to_string).collect();
                warnings.iter().for_each(|warning| printer.warning(warning.trim_end()));
                loaded.push((path.clone(), manifest, warnings));
            }
            Err(error) => faults.push(error.to_string()),
        }
    }
    match faults.as_slice() {
        [] => Ok(loaded),
        faults => Err(UsageError::new(faults.join("\n"), None)),
    }
}

/// One sandbox for all manifests of a folder, for it is beside them that its state lasts.
fn start_sandboxes(loaded: &[Loaded], printer: &mut Printer) -> CommandResult<HashMap<PathBuf, Rc<Sandbox>>> {
    let mut folders: BTreeMap<PathBuf, (&Path, Vec<&Manifest>)> = BTreeMap::new();
    for (path, manifest, _) in loaded {
        folders.entry(sandbox_file(path)).or_insert_with(|| (path, Vec::new())).1.push(manifest);
    }
    let mut sandboxes = HashMap::new();
    for (state_file, (file, manifests)) in folders {
        let state = sandbox_state(file, &manifests, printer)?;
        sandboxes.insert(state_file, Rc::new(start_sandbox(file, || state)?));
    }
    Ok(sandboxes)
}

/// Two manifests of one role would undo each other. IAM keeps names unique without regard to case.
fn refuse_double_claims(members: &[Member], account: impl Fn(&Member) -> String) -> Result<(), UsageError> {
    let mut claims: BTreeMap<(String, String), Vec<&Member>> = BTreeMap::new();
    for member in members {
        let role = member.context.manifest.role.name.as_str().to_lowercase();
        claims.entry((account(member), role)).or_default().push(member);
    }
    let double: Vec<String> = claims
        .values()
        .filter_map(|members| {
            let [first, _, ..] = members.as_slice() else { return None };
            let files: Vec<String> = members.iter().map(|member| format!("`{}`", member.file)).collect();
            let role = &first.context.manifest.role.name;
            Some(format!("role `{role}` is claimed by {}", files.join(" and ")))
        })
        .collect();
    match double.as_slice() {
        [] => Ok(()),
        double => {
            let hint = "a role belongs to one manifest: remove the others, or give them another `name` in [role] or another \
                        account in [aws]";
            Err(UsageError::new(double.join("\n"), Some(hint)))
        }
    }
}
