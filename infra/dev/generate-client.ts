/** `npm run client:generate`: the client's types, from the same OpenAPI document that the control plane serves. */
import { writeFile } from 'node:fs/promises'

import { openApiDocument } from '../../apps/control/src/http/openapi.ts'
import { routes } from '../../apps/control/src/routes/index.ts'
import { generateTypes } from '../../packages/platform/client/generate.ts'

const target = new URL('../../packages/platform/client/src/schema.d.ts', import.meta.url)
// types don't depend on the version
await writeFile(target, await generateTypes(openApiDocument(routes(''), '')))
