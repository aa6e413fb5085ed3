# An existing role. The plan takes a wide managed policy and an old inline policy off it, and narrows the one that stays.
resource "aws_iam_role" "genesys" {
  name               = "DetachedRole"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::765628985471:root" }, Condition = { StringEquals = { "sts:ExternalId" = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94" } } }] })
}

variable "resource" {
  default = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke"
  role   = aws_iam_role.genesys.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = var.resource }] })
}
