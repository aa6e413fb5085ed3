# Two roles from one module. The policy's ARN and the roles' names reach the attachments through variables and outputs.
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::765628985471:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"]
    }
  }
}

resource "aws_iam_policy" "invoke" {
  name_prefix = "genesys-invoke-"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
    }]
  })
}

module "genesys" {
  source     = "./role"
  for_each   = toset(["production", "test"])
  prefix     = "genesys-${each.key}-"
  trust      = data.aws_iam_policy_document.trust.json
  policy_arn = aws_iam_policy.invoke.arn
}

# Somebody's quick fix: only the role for tests can do more than it should.
resource "aws_iam_role_policy" "debug" {
  role = module.genesys["test"].role
  name = "debug"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "lambda:*", Resource = "*" }]
  })
}
