//! `rolecall genesys whoami`: the organisation, the client's permissions against what each command needs, the limits.

use rolecall::exit::ExitCode;
use rolecall::report::IdentityView;
use rolecall_genesys::whoami::{probe_users, whoami};

use super::Connection;
use crate::cli::options::{GenesysProbe, Output, WhoamiCommand};
use crate::cli::plan::{list_calls, list_genesys_calls};
use crate::cli::printer::Printer;
use rolecall::failure::CommandResult;

pub(crate) async fn run(options: &WhoamiCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let connection = Connection::open(&options.aws, printer).await?;
    let Connection { manifest, aws, client, .. } = &connection;
    let identity = whoami(client).await?;
    let users = match options.probe {
        Some(GenesysProbe::Users) => Some(probe_users(client).await?),
        None => None,
    };
    let stated = manifest.as_ref().and_then(|manifest| manifest.genesys.organization_id.as_ref());
    // With another organisation's external ID, this one could not assume the role.
    let agrees = stated.is_none_or(|stated| stated.as_str() == identity.organization.id);
    let view = IdentityView::new(identity, stated, users, &client.calls().so_far());
    printer.result(&match options.aws.common.output {
        Output::Json => view.to_json(),
        Output::Markdown => view.to_markdown(),
        Output::Human | Output::Sarif | Output::Junit | Output::Github | Output::Html | Output::Csv => {
            view.to_text()
        }
    });
    if !agrees {
        printer.warning(
            "the OAuth client and the manifest belong to different organisations: the role would accept only the \
             external ID of the manifest's organisation",
        );
    }
    list_calls(aws, printer);
    list_genesys_calls(client, printer);
    Ok(if agrees { ExitCode::Success } else { ExitCode::Refuted })
}
