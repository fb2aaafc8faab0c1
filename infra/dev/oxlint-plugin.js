/** Millrace's own lint rules: see CONTRIBUTING.md. */
const plugin = {
  meta: { name: 'millrace' },
  rules: {
    'coded-errors': {
      create(context) {
        return {
          ThrowStatement(node) {
            const thrown = node.argument
            if (thrown?.type === 'NewExpression' && thrown.callee?.name === 'Error') {
              context.report({ node, message: 'throw a CodedError subclass, not Error' })
            }
          },
        }
      },
    },
  },
}
export default plugin
