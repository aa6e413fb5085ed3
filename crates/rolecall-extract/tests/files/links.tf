# Each role has a policy by another way, of which the plan does not show what it is.
resource "aws_iam_policy" "narrow" {
  name_prefix = "narrow-"
  policy      = local.narrow
}

resource "aws_iam_policy" "counted" {
  count       = 1
  name_prefix = "narrow-"
  policy      = local.narrow
}

provider "aws" {
  alias                       = "two"
  region                      = "us-east-1"
  access_key                  = "x"
  secret_key                  = "y"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variable "wide" {
  default = false
}

resource "terraform_data" "later" {
  input = timestamp()
}

resource "aws_iam_role" "plain" {
  name               = "plain"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "plain" {
  role       = aws_iam_role.plain.name
  policy_arn = aws_iam_policy.narrow.arn
}

resource "aws_iam_role" "chosen" {
  name               = "chosen"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "chosen" {
  role       = aws_iam_role.chosen.name
  policy_arn = var.wide ? "arn:aws:iam::aws:policy/AdministratorAccess" : aws_iam_policy.narrow.arn
}

resource "aws_iam_role" "compared" {
  name               = "compared"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "compared" {
  role       = aws_iam_role.compared.name
  policy_arn = aws_iam_policy.narrow.attachment_count > 0 ? "arn:aws:iam::aws:policy/AdministratorAccess" : aws_iam_policy.narrow.arn
}

resource "aws_iam_role" "repeated" {
  name               = "repeated"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "repeated" {
  role       = aws_iam_role.repeated.name
  policy_arn = aws_iam_policy.narrow.arn != "" ? "arn:aws:iam::aws:policy/AdministratorAccess" : aws_iam_policy.narrow.arn
}

resource "aws_iam_role" "formatted" {
  name               = "formatted"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "formatted" {
  role       = aws_iam_role.formatted.name
  policy_arn = format("arn:aws:iam::aws:policy/%s", aws_iam_policy.narrow.name)
}

resource "aws_iam_role" "counted" {
  name               = "counted"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachment" "counted" {
  role       = aws_iam_role.counted.name
  policy_arn = one(aws_iam_policy.counted[*].arn)
}

resource "aws_iam_role" "provider" {
  name               = "provider"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy" "provider" {
  provider = aws.two
  name     = "invoke"
  role     = aws_iam_role.provider.name
  policy   = local.narrow
}

resource "aws_iam_role" "blocks" {
  name               = "blocks"
  assume_role_policy = local.vendor
  dynamic "inline_policy" {
    for_each = [terraform_data.later.output]
    content {
      name   = inline_policy.value
      policy = local.narrow
    }
  }
}

resource "aws_iam_role" "listed" {
  name                = "listed"
  assume_role_policy  = local.vendor
  managed_policy_arns = [aws_iam_policy.narrow.arn, "arn:aws:iam::aws:policy/AdministratorAccess"]
}

resource "aws_iam_role" "exclusive" {
  name               = "exclusive"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy_attachments_exclusive" "exclusive" {
  role_name   = aws_iam_role.exclusive.name
  policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}

resource "aws_iam_role" "inline" {
  name               = "inline"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policies_exclusive" "inline" {
  role_name    = aws_iam_role.inline.name
  policy_names = []
}

resource "aws_iam_role" "budget" {
  name               = "budget"
  assume_role_policy = local.vendor
}
resource "aws_budgets_budget_action" "budget" {
  budget_name        = "b"
  action_type        = "APPLY_IAM_POLICY"
  approval_model     = "AUTOMATIC"
  notification_type  = "ACTUAL"
  execution_role_arn = "arn:aws:iam::123456789012:role/budgets"
  action_threshold {
    action_threshold_type  = "PERCENTAGE"
    action_threshold_value = 1
  }
  definition {
    iam_action_definition {
      policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
      roles      = [aws_iam_role.budget.name]
    }
  }
  subscriber {
    address           = "a@example.com"
    subscription_type = "EMAIL"
  }
}

resource "aws_iam_role" "invoked" {
  name               = "invoked"
  assume_role_policy = local.vendor
}
resource "aws_lambda_invocation" "invoked" {
  function_name = "administration"
  input         = jsonencode({ arn = aws_iam_role.invoked.arn })
}

resource "aws_iam_role" "untouched" {
  name               = "untouched"
  assume_role_policy = local.vendor
}
resource "aws_iam_role_policy" "untouched" {
  name   = "invoke"
  role   = aws_iam_role.untouched.id
  policy = local.narrow
}
