import { defineConfig } from 'drizzle-kit'

/** `npm run db:generate -- --name WHAT`, from the root of the repository. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/platform/db/src/schema.ts',
  out: './migrations',
  casing: 'snake_case',
})
