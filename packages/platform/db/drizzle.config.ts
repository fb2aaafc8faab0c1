import { defineConfig } from 'drizzle-kit'

/** `npx drizzle-kit generate --config packages/platform/db/drizzle.config.ts --name WHAT`, from the root of the repository. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/platform/db/src/schema.ts',
  out: './migrations',
  casing: 'snake_case',
})
