// The terminal's colours, light and dark. Where the two that a machine chose are too much alike, the terminal helps.
// @ts-check

/** @type {Record<string, import('./xterm.mjs').ITheme>} */
export const PALETTES = {
  dark: {
    background: '#11151a',
    foreground: '#d5dbe1',
    cursor: '#e8edf2',
    cursorAccent: '#11151a',
    selectionBackground: '#33506e',
    black: '#1d242c',
    red: '#f07178',
    green: '#8cc98a',
    yellow: '#e2c06c',
    blue: '#7cacea',
    magenta: '#c79bdb',
    cyan: '#67c3c0',
    white: '#c5cdd5',
    brightBlack: '#6b7785',
    brightRed: '#ff969b',
    brightGreen: '#a9dfa4',
    brightYellow: '#f3d792',
    brightBlue: '#a2c7f5',
    brightMagenta: '#dcb9ea',
    brightCyan: '#8fdcd8',
    brightWhite: '#f4f7f9',
  },
  light: {
    background: '#ffffff',
    foreground: '#20262d',
    cursor: '#20262d',
    cursorAccent: '#ffffff',
    selectionBackground: '#b9d4f1',
    black: '#20262d',
    red: '#b4232a',
    green: '#1d7a3a',
    yellow: '#8a6200',
    blue: '#1d5fb8',
    magenta: '#8a3a9c',
    cyan: '#0a7580',
    white: '#69737e',
    brightBlack: '#57616b',
    brightRed: '#cf3a3f',
    brightGreen: '#2a8f4b',
    brightYellow: '#9c7300',
    brightBlue: '#3375cd',
    brightMagenta: '#a04fb2',
    brightCyan: '#1c8b95',
    brightWhite: '#3d464f',
  },
};

/** How matches of a search are marked; six digits each, as the addon asks. */
export const MATCHES = {
  dark: {
    matchBackground: '#5a4a12',
    matchOverviewRuler: '#a98a2b',
    activeMatchBackground: '#a8791a',
    activeMatchColorOverviewRuler: '#f0b429',
  },
  light: {
    matchBackground: '#fbe9a7',
    matchOverviewRuler: '#c9a227',
    activeMatchBackground: '#f5c542',
    activeMatchColorOverviewRuler: '#b07d00',
  },
};
