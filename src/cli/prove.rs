//! `rolecall prove`: the proof of a role in a file, offline.

use rolecall::extract::{self, ExtractError, Extracted, Kind, RoleDocuments};
use rolecall::iam::prove::RoleIntent;
use rolecall::report::{ExitCode, ProofView, RoleProof};
use rolecall::verify::decide;

use super::failure::UsageError;
use super::input;
use super::options::{Output, ProveOptions};
use super::printer::Printer;

pub(crate) fn run(options: &ProveOptions, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let name = input::name(&options.file);
    let text = input::read(&options.file, extract::MAX_BYTES)?;
    let Extracted { kind, roles } = find(&text, options)
        .map_err(|error| UsageError::new(format!("cannot prove {name}: {error}"), hint(&error)))?;
    let intent = RoleIntent {
        role: None,
        trusted: options.principal.clone(),
        external_id: options.external_id.clone(),
        targets: (!options.target.is_empty()).then(|| options.target.clone()),
    };
    let prove = |role: RoleDocuments| {
        let verification = decide(&role, &RoleIntent { role: role.arn.clone(), ..intent.clone() });
        let is_role = !matches!(kind, Kind::TrustPolicy | Kind::IdentityPolicy);
        RoleProof::new(is_role.then_some(role.name), verification, role.notes)
    };
    let source = format!("{kind} {}", input::label(&options.file));
    let view = ProofView { source, roles: roles.into_iter().map(prove).collect() };
    printer.result(&match options.output {
        Output::Human => view.to_text(),
        Output::Json => view.to_json(),
    });
    Ok(view.exit())
}

fn find(text: &str, options: &ProveOptions) -> Result<Extracted, ExtractError> {
    let extracted = extract::extract(text, &options.parameter.iter().cloned().collect())?;
    match &options.role {
        Some(role) => extracted.only(role),
        None => Ok(extracted),
    }
}

fn hint(error: &ExtractError) -> Option<&'static str> {
    match error {
        ExtractError::StoredState => {
            Some("`terraform show -json` prints the state in the form that is read here")
        }
        ExtractError::NoRole { .. } => Some("`rolecall prove` takes a policy document by itself, too"),
        ExtractError::Cases
        | ExtractError::Empty
        | ExtractError::FailedPlan
        | ExtractError::NoParameters { .. }
        | ExtractError::NoSuchParameter { .. }
        | ExtractError::NoSuchRole { .. }
        | ExtractError::NotJson { .. }
        | ExtractError::NotUtf8 { .. }
        | ExtractError::NotYaml(_)
        | ExtractError::Policy(_)
        | ExtractError::ResourcePolicy
        | ExtractError::TerraformVersion { .. }
        | ExtractError::TooLarge { .. }
        | ExtractError::TooManyResources { .. }
        | ExtractError::Unrecognised
        | ExtractError::Utf16 => None,
    }
}
