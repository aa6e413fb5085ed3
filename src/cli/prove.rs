//! `rolecall prove`: the proof of a role in a file, offline.

use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::extract;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::iam::document::Document;
use rolecall::operations::{ProveRequest, StatedIntent, prove_holders};
use rolecall::report::{HolderProofsView, ProofView};
use rolecall::verify::holder::{BoundaryPolicy, Provisions};

use super::certificate;
use super::input;
use super::options::{Output, ProveOptions};
use super::printer::Printer;

pub(crate) fn run(options: &ProveOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let request = ProveRequest {
        name: input::name(&options.file),
        label: input::label(&options.file),
        text: input::read(&options.file, extract::MAX_BYTES)?,
        role: options.role.clone(),
        parameters: options.parameter.iter().cloned().collect(),
        plain_references: options.plain_references,
        intent: StatedIntent {
            trusted: options.principal.clone(),
            external_ids: options.external_id.clone(),
            targets: options.target.clone(),
            uses: options.allow.clone(),
        }
        .into(),
        fail_on: options.fail.fail_on.unwrap_or_default(),
    };
    let extracted = request.roles()?;
    let is_simple = matches!(options.output, Output::Human | Output::Json);
    if options.provisions.is_some() && !is_simple {
        let message = "with --provisions the result is printed as text or as JSON";
        return Err(UsageError::new(message, Some("omit --output, or use --output json")).into());
    }
    if let Some(provisions) = provisions(options)? {
        let proofs = prove_holders(&request, &extracted, &provisions);
        let view = HolderProofsView(&proofs);
        printer.result(&match options.output.is_human() {
            true => view.to_text(),
            false => view.to_json(),
        });
        return Ok(proofs.exit());
    }
    if let Some(folder) = &options.smtlib {
        for role in &extracted.roles {
            let folder = certificate::folder_of(folder, extracted.roles.len(), &role.name);
            certificate::write(&folder, role, &request.intent_of(role), printer)?;
        }
    }
    let proof = request.prove(&extracted);
    let view = ProofView::from(&proof);
    printer.documents(options.output.format(), |format| view.render(&request.label, format));
    if options.output.is_human() {
        printer.result(&view.to_text());
    }
    let exit = ExitCode::from(proof.outcome());
    if proof.roles.len() > 1 && exit != ExitCode::Success {
        printer.hint("--role NAME proves only that role of the file");
    }
    Ok(exit)
}

/// What the holder of the policy in the file looks after, where the file is such a policy.
fn provisions(options: &ProveOptions) -> CommandResult<Option<Provisions>> {
    let Some(role) = options.provisions.clone() else { return Ok(None) };
    let document = options.boundary_policy.as_deref().map(|path| {
        let text = input::read(path, extract::MAX_BYTES)?;
        Document::parse(&text).map_err(|error| {
            let message = format!("cannot read {}: {error}", input::name(path));
            UsageError::coded(ErrorCode::Document, message, None)
        })
    });
    let document = document.transpose()?;
    let boundary = options.boundary.as_ref().map(|arn| BoundaryPolicy { arn: arn.to_string(), document });
    Ok(Some(Provisions { role, targets: options.target.clone(), boundary }))
}
