/** The few icons there are: lines of one width, in the colour of the text. */
const paths = {
  inbox: 'M4 13l2.5-8h11L20 13M4 13v6h16v-6M4 13h5l1 2h4l1-2h5',
  runs: 'M5 6h2M5 12h2M5 18h2M11 6h8M11 12h8M11 18h8',
  connections:
    'M12 4c4 0 7 1 7 2.5S16 9 12 9 5 8 5 6.500 8 4 12 4zM5 6.500v11C5 19 8 20 12 20s7-1 7-2.500v-11M5 12c0 1.500 3 2.500 7 2.500s7-1 7-2.500',
  policy: 'M7 3h8l4 4v14H7zM14 3v5h5M10 13h6M10 17h6',
  stop: 'M8.500 3h7L21 8.500v7L15.500 21h-7L3 15.500v-7zM9 9l6 6M15 9l-6 6',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
