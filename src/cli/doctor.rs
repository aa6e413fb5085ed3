//! `rolecall doctor`: what a command would find before its first real call. Works without credentials, without a manifest and
//! with the sandbox; what is wrong is a line of its report, not its end.

use std::collections::BTreeMap;

use rolecall::aws::Aws;
use rolecall::connect::{Loaded, connect, stated_external_id};
use rolecall::desired::aws::fillings;
use rolecall::desired::genesys::is_asked_for;
use rolecall::desired::template::Template;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult};
use rolecall::iam::arn::{ExternalId, FunctionArn, Region};
use rolecall::manifest::{Access, Manifest};
use rolecall::observe::survey::{addresses, check_account, home};
use rolecall::operations::doctor::{Denied, Held, PLAN, held, sample, simulated_principal};
use rolecall::ports::{AwsErrorKind, CallerIdentity, FunctionAddress, Read as _};
use rolecall::report::{AccessView, CallsView, CheckState, CheckView, DoctorView, IdentityView};
use rolecall::sandbox::{Sandbox, State};
use rolecall_genesys::client::Client;
use rolecall_genesys::credentials::CredentialError;
use rolecall_genesys::whoami::whoami;
use rolecall_model::shown::Shown;
use serde_json::Value;
use url::Url;

use super::calls::{list_calls, list_genesys_calls};
use super::context::{connect_to_sandbox, load_manifest, sandbox_state, settings, start_sandbox};
use super::options::{AwsOptions, DoctorCommand};
use super::printer::Printer;

/// AWS refuses a signature that is older or newer than five minutes; half of that is worth a word.
const SKEW_REFUSED: i64 = 300;
const SKEW_TOLD: i64 = 60;

/// Variables that lead calls to a proxy, or past it.
const PROXIES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// The checks so far.
#[derive(Default)]
struct Checks {
    made: Vec<CheckView>,
    /// Whether the manifest is for another vendor than Genesys.
    for_vendor: bool,
}

impl Checks {
    fn add(&mut self, check: &'static str, state: CheckState, text: impl Into<String>) {
        self.made.push(CheckView { check, state, text: text.into(), code: None, hint: None });
    }

    fn add_error(&mut self, check: &'static str, state: CheckState, error: impl Into<CommandError>) {
        let error: CommandError = error.into();
        let error = if self.for_vendor { error.for_vendor() } else { error };
        let CommandError { code, message, hint, exit: _, unexamined: _, found: _ } = error;
        let text = message.trim_end().lines().next().unwrap_or_default().to_owned();
        self.made.push(CheckView { check, state, text, code: Some(code), hint });
    }
}

pub(crate) async fn run(
    DoctorCommand { aws: options }: &DoctorCommand,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    printer.show_calls(options.common.verbose > 0);
    let mut checks = Checks::default();
    let manifest = manifest(options, &mut checks, printer);
    checks.for_vendor = manifest.as_ref().is_some_and(|manifest| manifest.genesys().is_none());
    let sandbox = sandbox(options, manifest.as_ref(), printer)?;
    let access = manifest.as_ref().map(|manifest| manifest.access.clone()).unwrap_or_default();
    let aws = match Aws::connect(&settings(options, &access, sandbox.as_ref())).await {
        Ok(aws) => Some(aws),
        Err(error) => {
            checks.add_error("AWS settings", CheckState::Failed, error);
            None
        }
    };
    proxies(&mut checks);
    let mut calls = Vec::new();
    if let Some(aws) = &aws {
        match options.sandbox {
            true => checks.add("certificates", CheckState::Note, "the sandbox needs none"),
            false => checks.add("certificates", CheckState::Ok, aws.trust().to_string()),
        }
        in_aws(aws, &access, manifest.as_ref(), &mut checks).await?;
        let client = match checks.for_vendor {
            true => None,
            false => genesys(options, aws, sandbox.as_ref(), manifest.as_ref(), &mut checks).await,
        };
        calls = aws.calls().so_far();
        calls.extend(client.iter().flat_map(|client| client.calls().so_far()));
        list_calls(aws, printer);
        client.iter().for_each(|client| list_genesys_calls(client, printer));
    }
    let view = DoctorView {
        calls: CallsView::summarize(&calls),
        ..DoctorView::new(env!("CARGO_PKG_VERSION"), checks.made)
    };
    printer.result(&if options.common.output.is_human() { view.to_text() } else { view.to_json() });
    Ok(view.exit_code)
}

fn manifest(options: &AwsOptions, checks: &mut Checks, printer: &mut Printer) -> Option<Manifest> {
    if !options.sandbox && !options.common.is_manifest_meant() {
        checks.add(
            "manifest",
            CheckState::Note,
            "none here or above; permissions are checked for a manifest",
        );
        return None;
    }
    match load_manifest(&options.common, options.sandbox, printer) {
        Ok(Loaded { name, manifest, .. }) => {
            checks.add("manifest", CheckState::Ok, format!("{name}: role {}", manifest.role.name));
            Some(manifest)
        }
        Err(error) => {
            checks.add_error("manifest", CheckState::Failed, error);
            None
        }
    }
}

fn sandbox(
    options: &AwsOptions,
    manifest: Option<&Manifest>,
    printer: &mut Printer,
) -> CommandResult<Option<Sandbox>> {
    if !options.sandbox {
        return Ok(None);
    }
    let file = options.common.file();
    let state = match manifest {
        Some(manifest) => sandbox_state(file, &[manifest], printer)?,
        None => State::demo(),
    };
    Ok(Some(start_sandbox(file, || state)?))
}

fn proxies(checks: &mut Checks) {
    let stated = PROXIES.into_iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        let shown = if name.eq_ignore_ascii_case("NO_PROXY") { value } else { without_credentials(&value) };
        Some(format!("{name}={}", Shown(&shown)))
    });
    let stated: Vec<String> = stated.collect();
    match stated.is_empty() {
        true => checks.add("proxy", CheckState::Note, "none"),
        false => checks.add("proxy", CheckState::Ok, stated.join(", ") + " (never for this machine)"),
    }
}

/// The host of a proxy: what stands before it is a name and a password.
fn without_credentials(proxy: &str) -> String {
    let with_scheme = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    match Url::parse(&with_scheme) {
        Ok(url) => match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{}://{host}:{port}", url.scheme()),
            (Some(host), None) => format!("{}://{host}", url.scheme()),
            (None, _) => "(not a URL)".to_owned(),
        },
        Err(_) => "(not a URL)".to_owned(),
    }
}

async fn in_aws(
    aws: &Aws,
    access: &Access,
    manifest: Option<&Manifest>,
    checks: &mut Checks,
) -> CommandResult<()> {
    let region: Option<Region> = aws.region().and_then(|region| region.parse().ok());
    let targets = manifest.map(|manifest| addresses(&manifest.targets, region.as_ref())).transpose();
    match (&targets, &region) {
        (Err(error), _) => checks.add_error("region", CheckState::Failed, error.clone()),
        (Ok(_), Some(region)) => checks.add("region", CheckState::Ok, region.to_string()),
        (Ok(Some(_)), None) => {
            checks.add("region", CheckState::Note, "none is configured; every target states its own");
        }
        (Ok(None), None) => checks.add("region", CheckState::Note, "none is configured"),
    }
    let caller = match aws.caller().await {
        Ok(caller) => caller,
        Err(error) => {
            let state = match error.kind {
                AwsErrorKind::Throttled | AwsErrorKind::TimedOut => CheckState::Unknown,
                _ => CheckState::Failed,
            };
            checks.add_error("AWS caller", state, error);
            clock(aws, checks);
            return Ok(());
        }
    };
    match check_account(access, &caller) {
        Ok(()) => {
            let CallerIdentity { account, arn } = &caller;
            checks.add("AWS caller", CheckState::Ok, format!("account {account}, as {arn}"));
        }
        Err(error) => checks.add("AWS caller", CheckState::Failed, error.to_string()),
    }
    clock(aws, checks);
    if let (Some(manifest), Ok(Some(targets))) = (manifest, &targets) {
        permissions(aws, &caller, manifest, targets, checks).await?;
    }
    Ok(())
}

fn clock(aws: &Aws, checks: &mut Checks) {
    match aws.calls().clock_difference() {
        None => checks.add("clock", CheckState::Note, "AWS did not say its time"),
        Some(seconds) => {
            let distance = seconds.abs();
            let text = match seconds {
                0 => "the same as AWS's".to_owned(),
                1.. => format!("{distance} s behind AWS's"),
                _ => format!("{distance} s ahead of AWS's"),
            };
            let state = match distance {
                0..SKEW_TOLD => CheckState::Ok,
                SKEW_TOLD..SKEW_REFUSED => CheckState::Note,
                _ => CheckState::Failed,
            };
            checks.add("clock", state, text);
        }
    }
}

/// What the caller would miss for each level.
async fn permissions(
    aws: &Aws,
    caller: &CallerIdentity,
    manifest: &Manifest,
    targets: &[FunctionAddress],
    checks: &mut Checks,
) -> CommandResult<()> {
    let boundary = manifest.role.permissions_boundary.as_ref();
    let (verifier, provisioner, twin) =
        (Template::verifier()?, Template::provisioner(boundary)?, Template::twin(boundary)?);
    let levels: [(&str, &Template, Option<&[&str]>); 4] = [
        ("plan, drift", &verifier, Some(&PLAN)),
        ("apply, destroy", &provisioner, None),
        ("verify", &verifier, None),
        ("verify --level twin", &twin, None),
    ];
    let home = home(caller)?;
    let functions: Vec<FunctionArn> = sample(targets)
        .map(|FunctionAddress { region, account, partition: _, name, qualifier }| FunctionArn {
            partition: home.partition.clone(),
            region: region.clone(),
            account: account.clone().unwrap_or_else(|| home.account.clone()),
            name: name.clone(),
            qualifier: qualifier.clone(),
        })
        .collect();
    // No permission of the caller depends on it.
    let external_id = match stated_external_id(manifest) {
        Ok(stated) => stated,
        Err(_) => "unknown".parse::<ExternalId>()?,
    };
    let fillings = fillings(manifest, &external_id, &home, &functions);
    let principal = simulated_principal(aws, caller).await;
    let sampled = match functions.len() {
        asked if asked < targets.len() => format!("; {asked} of {} functions asked about", targets.len()),
        _ => String::new(),
    };
    for (level, template, only) in levels {
        if let Some(manager) = manifest.role.managed_by
            && template == &provisioner
        {
            let text = format!(
                "not needed: {} manages the role, and rolecall writes nothing to AWS",
                manager.name()
            );
            checks.add(level, CheckState::Note, text);
            continue;
        }
        let document: Value = template.fill(&fillings)?;
        let Some(principal) = &principal else {
            checks.add(level, CheckState::Unknown, "this caller has no policies that IAM could simulate");
            continue;
        };
        match held(aws, principal, &document, only).await {
            Ok(Held { missing, unknown }) if missing.is_empty() && unknown.is_empty() => {
                let text = format!("the caller's policies allow it (simulated{sampled})");
                checks.add(level, CheckState::Ok, text);
            }
            Ok(Held { missing, unknown }) if missing.is_empty() => {
                let text = format!("depends on the context of the call: {}", listed(&unknown));
                checks.add(level, CheckState::Unknown, text);
            }
            Ok(Held { missing, .. }) => {
                // Whoever cannot even plan can do nothing; a verifier need not apply.
                let state = if only.is_some() { CheckState::Failed } else { CheckState::Missing };
                checks.add(level, state, in_words(&missing) + &sampled);
            }
            Err(error) if error.kind == AwsErrorKind::AccessDenied => {
                let text = "not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself";
                checks.add(level, CheckState::Unknown, text);
            }
            Err(error) => checks.add_error(level, CheckState::Unknown, error),
        }
    }
    Ok(())
}

/// The actions that are denied; and for which of the resources, if not for all.
fn in_words(missing: &BTreeMap<String, Denied>) -> String {
    let one = |(action, denied): (&String, &Denied)| match denied {
        Denied::Everywhere => action.clone(),
        Denied::Some { first, number: 1, of: _ } => format!("{action} on {first}"),
        Denied::Some { first, number, of } => {
            format!("{action} on {first} and {} more of {of} resources", number.saturating_sub(1))
        }
    };
    missing.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn listed<'a>(actions: impl IntoIterator<Item = &'a String>) -> String {
    let actions: Vec<&str> = actions.into_iter().map(String::as_str).collect();
    actions.join(", ")
}

async fn genesys(
    options: &AwsOptions,
    aws: &Aws,
    sandbox: Option<&Sandbox>,
    manifest: Option<&Manifest>,
    checks: &mut Checks,
) -> Option<Client> {
    const CHECK: &str = "Genesys Cloud";
    let asked = manifest.is_some_and(is_asked_for);
    let deadline = options.longest_wait();
    let client = match sandbox {
        Some(sandbox) => connect_to_sandbox(sandbox, deadline),
        None => connect(manifest.and_then(Manifest::genesys), aws, deadline),
    };
    let client = match client {
        Ok(client) => client,
        Err(CredentialError::Unset { .. }) if !asked => {
            let text = match manifest {
                Some(_) => "no OAuth client; the manifest asks for nothing that needs one",
                None => "no OAuth client",
            };
            checks.add(CHECK, CheckState::Note, text);
            return None;
        }
        Err(error) => {
            checks.add_error(CHECK, CheckState::Failed, error);
            return None;
        }
    };
    let identity = match whoami(&client).await {
        Ok(identity) => identity,
        Err(error) => {
            checks.add_error(CHECK, CheckState::Failed, error);
            return Some(client);
        }
    };
    let stated = manifest.and_then(|manifest| manifest.party.external_id());
    let managed_by = manifest.and_then(Manifest::genesys_manager);
    let view = IdentityView::new(identity, (stated, managed_by), None, &[]);
    let organization = format!("{} ({})", view.organization.name, Shown(&view.organization.id));
    match stated.filter(|stated| stated.as_str() != view.organization.id) {
        None => {
            let text = format!("{organization}, OAuth client {}", Shown(&view.oauth_client.id));
            checks.add(CHECK, CheckState::Ok, text);
        }
        Some(stated) => {
            let text = format!(
                "the OAuth client is of {organization}, which could not assume the role: the manifest states {stated}"
            );
            checks.add(CHECK, CheckState::Refuted, text);
        }
    }
    let of = |wanted: AccessView| {
        // A client that only reads is right where another tool writes.
        let needed = view.commands.iter().filter(|command| command.not_needed.is_none());
        let commands = needed.filter_map(|command| {
            let needs = command.needs.iter().filter(|need| need.access == wanted);
            let needs: Vec<String> = needs.map(|need| need.any_of.join(" or ")).collect();
            (!needs.is_empty()).then(|| format!("{} ({})", command.command, needs.join(", ")))
        });
        commands.collect::<Vec<_>>()
    };
    match (of(AccessView::Missing).as_slice(), of(AccessView::Unknown).as_slice()) {
        ([], []) => checks.add(
            "its permissions",
            CheckState::Ok,
            match managed_by {
                None => "every command".to_owned(),
                Some(manager) => {
                    format!(
                        "every command that changes nothing in Genesys Cloud, which {} manages",
                        manager.name()
                    )
                }
            },
        ),
        ([], unknown) => checks.add(
            "its permissions",
            CheckState::Note,
            format!("cannot be told for {}", unknown.join("; ")),
        ),
        (missing, _) => checks.add("its permissions", CheckState::Missing, missing.join("; ")),
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn of_a_proxy_only_the_host_is_shown() {
        for (proxy, shown) in [
            ("http://user:hunter2@proxy.example:3128", "http://proxy.example:3128"),
            ("user:hunter2@proxy.example:3128", "http://proxy.example:3128"),
            ("http://hunter2@proxy.example/path?token=hunter2", "http://proxy.example"),
            ("http://user:hunter2@", "(not a URL)"),
        ] {
            assert_eq!(without_credentials(proxy), shown);
        }
    }
}
