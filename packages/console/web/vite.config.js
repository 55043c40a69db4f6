// The pages of the console. Everything is a file of its own: the policy of the page allows neither inline scripts nor
// inline styles, nor anything from elsewhere.
export default {
  base: '/console/',
  // Whatever NODE_ENV says: a development build would tell the paths of the machine that built it.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: '../dist/site',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
    reportCompressedSize: false,
  },
};
