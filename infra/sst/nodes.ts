import { readFileSync } from 'node:fs'

import type { Secrets } from './secrets.ts'
import type { Stores } from './stores.ts'

/** Ports of a media node that the world reaches. */
const PUBLIC_PORTS = [
  { name: 'rtmp', protocol: 'tcp', port: 1935 },
  { name: 'rtmps', protocol: 'tcp', port: 1936 },
  { name: 'http', protocol: 'tcp', port: 8080 },
  { name: 'webrtc', protocol: 'udp', port: 8000 },
  { name: 'webrtc over tcp', protocol: 'tcp', port: 8000 },
]

/** Media nodes on EC2: a group of machines that `infra/user-data.sh` sets up and that join by themselves. */
export function createNodes(stores: Stores, secrets: Secrets, controlUrl: $util.Input<string>): void {
  const prefix = `/${$app.name}/${$app.stage}`
  // the join token is no part of the user data, which whoever may describe instances can read
  const joinToken = new aws.ssm.Parameter('JoinToken', {
    name: `${prefix}/join-token`,
    type: 'SecureString',
    value: secrets.nodeToken.value,
  })
  const queueUrl = new aws.ssm.Parameter('QueueUrl', {
    name: `${prefix}/queue-url`,
    type: 'SecureString',
    value: stores.queueUrl,
  })
  const role = new aws.iam.Role('NodeRole', {
    assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'ec2.amazonaws.com' }),
    inlinePolicies: [
      {
        name: 'join',
        policy: aws.iam.getPolicyDocumentOutput({
          statements: [{ actions: ['ssm:GetParameter'], resources: [joinToken.arn, queueUrl.arn] }],
        }).json,
      },
    ],
  })
  const profile = new aws.iam.InstanceProfile('NodeProfile', { role: role.name })
  const group = new aws.ec2.SecurityGroup('NodePorts', {
    vpcId: stores.vpc.id,
    description: 'Publishers and players',
    ingress: PUBLIC_PORTS.map(({ name, protocol, port }) => ({
      description: name,
      protocol,
      fromPort: port,
      toPort: port,
      cidrBlocks: ['0.0.0.0/0'],
      ipv6CidrBlocks: ['::/0'],
    })),
    egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'], ipv6CidrBlocks: ['::/0'] }],
  })
  const image = aws.ssm.getParameterOutput({
    name: '/aws/service/debian/release/12/latest/arm64',
  })
  const source = process.env.MILLRACE_SOURCE
  if (!source)
    throw new Error('set MILLRACE_SOURCE to what the machines install: the URL of a .tar.gz of this repository')
  const settings = $interpolate`#!/bin/sh
export MILLRACE_CONTROL_URL='${controlUrl}'
export MILLRACE_JOIN_TOKEN_SSM='${joinToken.name}'
export MILLRACE_QUEUE_URL_SSM='${queueUrl.name}'
export MILLRACE_SOURCE='${source}'
`
  const script = readFileSync(`${$cli.paths.root}/infra/user-data.sh`, 'utf8')
  const template = new aws.ec2.LaunchTemplate('NodeTemplate', {
    imageId: image.value,
    instanceType: 'c7gn.large',
    iamInstanceProfile: { arn: profile.arn },
    metadataOptions: { httpTokens: 'required', httpEndpoint: 'enabled' },
    networkInterfaces: [
      {
        associatePublicIpAddress: 'true',
        securityGroups: $output(stores.vpc.securityGroups).apply((ids) => [...ids, group.id]),
      },
    ],
    userData: settings.apply((head) => Buffer.from(head + script).toString('base64')),
    updateDefaultVersion: true,
    tagSpecifications: [{ resourceType: 'instance', tags: { Name: `${$app.name}-${$app.stage}-node` } }],
  })
  new aws.autoscaling.Group('Nodes', {
    minSize: 2,
    maxSize: 10,
    desiredCapacity: 2,
    vpcZoneIdentifiers: stores.vpc.publicSubnets,
    launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
    // machines are replaced one by one, and each lets its viewers go first
    instanceRefresh: { strategy: 'Rolling', preferences: { minHealthyPercentage: 90 } },
  })
}
