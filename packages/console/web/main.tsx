import { render } from 'preact';
import { App } from './app.tsx';
import './style/base.css';
import './style/frame.css';
import './style/card.css';
import './style/pages.css';

const place = document.getElementById('app');
if (place !== null) render(<App />, place);
