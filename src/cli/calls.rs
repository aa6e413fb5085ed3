//! With `-v`: every request, and what came back.

use rolecall::aws::Aws;
use rolecall::connect::Connected;
use rolecall::ports::call::Call;
use rolecall_genesys::client::Client;

use super::printer::Printer;

/// All requests.
pub(crate) fn list_all_calls(context: &Connected, printer: &mut Printer) {
    list_calls(&context.aws, printer);
    if let Some(side) = &context.role.genesys {
        list_genesys_calls(&side.client, printer);
    }
}

/// Requests to AWS.
pub(crate) fn list_calls(aws: &Aws, printer: &mut Printer) {
    list(&aws.calls().so_far(), "AWS", printer);
}

/// Requests to Genesys Cloud.
pub(crate) fn list_genesys_calls(client: &Client, printer: &mut Printer) {
    list(&client.calls().so_far(), "Genesys Cloud", printer);
}

/// The same of several clients.
pub(crate) fn list(calls: &[Call], service: &str, printer: &mut Printer) {
    if !printer.shows_calls() {
        return;
    }
    for call in calls {
        let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        printer.progress(&format!("  {:>6} ms  {status}  {}", call.took.as_millis(), call.operation));
    }
    printer.progress(&format!("  {} requests to {service}", calls.len()));
}
